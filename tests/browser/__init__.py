"""Everybody at their own door, in real browsers, against the real program."""
