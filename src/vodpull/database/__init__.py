"""The connection, the tables, their migrations, and what every query needs; queries are with what they are about."""
