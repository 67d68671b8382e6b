"""Encoded pieces become segments, playlists, progressive files and pictures."""
