"""A living sample town, invented from a seed: its ground, its people, their two weeks and their day."""
