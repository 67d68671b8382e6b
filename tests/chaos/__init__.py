"""A campaign of random kills against a whole installation: `make chaos`."""
