"""Which addresses and credentials a source may use, and connections that keep to them; no transfer."""
