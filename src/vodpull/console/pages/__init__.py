"""The pages, one module each, with the pure helpers that one of them needs."""
