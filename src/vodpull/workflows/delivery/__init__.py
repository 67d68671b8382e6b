"""Notifications from the outbox to their receivers, and the built-in one; the HTTP of it is `notify`."""
