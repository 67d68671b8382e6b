"""The calls that make a new video of others, clips and joins; their rules are in `workflows/requests/editing.py`."""
