"""Stored files, and keys to encrypted ones, over HTTP: below /media and /play, and at the root of publish domains."""
