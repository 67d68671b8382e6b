"""The connection, the tables and their migrations; no queries."""
