"""Mutated files through the confined probe and decoders, for what is taken only in the sandbox."""
