"""The ledger's door: checkpoints, tiles and receipts for anybody who wants to check."""
