"""The wire contract of Cloud VOD: its requests read, its replies and schemas written; our own API is `v1`."""
