"""vodpull's own JSON API; the wire contract is `cloudvod`."""
