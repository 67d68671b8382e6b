"""
Facts that clients are told unasked: events that they poll, notifications that are sent to them.

The body of a batch's notification is that of the query: `jobs/status/status_data.py`.
"""
