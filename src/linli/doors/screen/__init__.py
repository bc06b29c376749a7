"""The wall (民情地图): what is open, what is about to break, what was promised and kept. For a room, without personal data."""
