"""What runs by the clock: chores, retention, sweeps, archive, and its rebuild; what is asked for is in `requests`."""
