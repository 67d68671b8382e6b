"""What of an attempt goes under its final keys, and when: its playable beginning, then all of it."""
