"""All that knows the durable engine and its tables; nothing of videos."""
