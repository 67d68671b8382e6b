"""What runs by the clock: schedule, sweeps, archive; the rules of deletion are in `requests`."""
