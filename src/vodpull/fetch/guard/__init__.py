"""Which addresses and credentials a source may use; no transfer."""
