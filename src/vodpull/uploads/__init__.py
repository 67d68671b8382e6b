"""Files that clients send: reservations, tokens, and the parts that have arrived; no protocol, which is in `api`."""
