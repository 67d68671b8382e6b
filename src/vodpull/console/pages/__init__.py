"""The pages, one module each, with the pure helpers that one of them needs; what they show is in `templates/`."""
