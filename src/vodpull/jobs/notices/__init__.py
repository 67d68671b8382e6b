"""Facts that clients are told unasked: events that they poll, notifications that are sent to them."""
