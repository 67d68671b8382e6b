"""Calls that make a new video of others; how they are carried out is in `workflows/requests/clips_and_joins.py`."""
