"""The connection, the tables and their migrations; queries belong to `jobs` and `accounts`."""
