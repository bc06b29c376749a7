"""The verifiable log of everything decided. It has never heard of matters: only of subjects, their order, and bytes.

Three words: *committed* (durable, in the act's own transaction, in no order yet), *sequenced* (it has an index and
followers see it), *published* (a signed checkpoint covers it).
"""
