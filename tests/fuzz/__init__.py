"""Mutated files through the confined prober and decoders, for what is taken only in the sandbox."""
