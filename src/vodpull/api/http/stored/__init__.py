"""Stored files and content keys over HTTP; not who may have them (`videos/playback/file_gate.py`)."""
