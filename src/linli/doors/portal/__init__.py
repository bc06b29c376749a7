"""The residents' door: report in three taps, follow what was reported, see what goes on around."""
