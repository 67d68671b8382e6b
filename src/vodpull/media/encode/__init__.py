"""From plan to encoded pieces: the commands, filters and encoders; no decisions."""
