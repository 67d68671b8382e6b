"""Boxes, sample tables and fragments of ISO BMFF, and codec names made from them; no other format."""
