"""The original: kept in the store, brought back as a local file, or made of stored videos; never fetched."""
