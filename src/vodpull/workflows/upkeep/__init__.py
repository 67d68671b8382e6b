"""What runs by the clock: schedule, sweeps, archive, and its rebuild. When deleted files go: `jobs/deletions.py`."""
