"""What runs by the clock: schedule, sweeps, archive; also the rebuild from it. Rules of deletion are in `requests`."""
