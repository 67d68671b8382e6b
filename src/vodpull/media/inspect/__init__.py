"""
What is measured of a file: starts the children of `confined` and types their answers; decides nothing.

What is left out of a file, `source_warnings.py` puts into words; the limits are in `media/source_limits.py`.
"""
