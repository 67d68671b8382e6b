"""The original as a local file: brought back from the store, or made of stored videos; never fetched."""
