"""The calls that make a new video of others: clips and joins."""
