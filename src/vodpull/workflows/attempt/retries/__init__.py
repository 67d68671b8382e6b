"""What is done again when it fails: steps after what passes by itself, and films that came out wrong."""
