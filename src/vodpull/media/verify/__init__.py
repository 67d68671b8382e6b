"""What was made, compared with what should have been made; mends nothing."""
