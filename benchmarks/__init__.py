"""Programs that measure vodpull against the plain ways; each prints a table, and JSON as its last line."""
