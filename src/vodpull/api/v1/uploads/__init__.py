"""`/api/v1/uploads`: the tus protocol."""
