"""From plan to encoded pieces: the commands, filters and encoders; what to make, `plan` decides."""
