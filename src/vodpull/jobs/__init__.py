"""What was asked, and where it is."""
