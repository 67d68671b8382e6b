"""vodpull: self-hosted video ingest behind the Cloud VOD pullVideo API."""

__version__ = "0.1.0"
