"""Notifications from the outbox to their receivers."""
