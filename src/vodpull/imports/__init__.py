"""Libraries that accounts bring along from elsewhere."""
