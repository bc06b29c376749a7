"""Backups: a folder of encrypted pieces that a store, its pictures and its keys can be made from again, anywhere."""
