"""Seeded faults, combinations of all that sources do, and a folder of anyone's own: is what is published true."""
