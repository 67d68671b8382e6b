"""What begins before a job asks for it: copies of files that still arrive, and their first chunks."""
