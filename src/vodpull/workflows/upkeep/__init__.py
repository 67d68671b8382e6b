"""What runs by the clock: schedule, sweeps, archive."""
