"""Measuring the program as it runs: real processes, real stores, our own client. ``linli bench``."""
