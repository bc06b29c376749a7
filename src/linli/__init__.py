"""Linli 邻里: an open platform for the daily affairs of a neighbourhood."""

__version__ = "0.1.0"
