"""Scripts that decode a source and what was made of it, and compare what is seen and heard."""
