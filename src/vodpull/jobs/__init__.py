"""What was asked and where it is: states, and every query on batches and jobs; nothing here does the work."""
