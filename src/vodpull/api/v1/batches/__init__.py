"""`/api/v1/batches`: batches and their jobs, and their progress as it happens; who is told of them is in `notices`."""
