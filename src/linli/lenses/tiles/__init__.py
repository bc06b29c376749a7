"""The map everything else is painted on: vector tiles of places and map furniture. Public, nothing personal.

Tiles follow the tree of places, so they change with a survey and with nothing else; the state of matters is
painted over them by the browser.
"""
