"""Real services that tests start for themselves: PostgreSQL, an S3 server, vodpull itself."""
