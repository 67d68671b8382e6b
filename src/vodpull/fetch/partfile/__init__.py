"""The growing local file: its journal, digests, ranges, and what can be read of it already; no network."""
