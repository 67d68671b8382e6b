"""Encoded pieces become segments, playlists, progressive files and pictures; nothing is encoded but pictures."""
