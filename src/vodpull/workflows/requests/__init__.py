"""What clients ask for: intake, cancel, retry, deletion."""
