"""vodpull's own JSON API."""
