"""Names of the files of a rendition; where all lie in the store, `storage/object_keys.py` says."""

INIT_FILE = "init.mp4"
SEGMENT_PATTERN = "%05d.m4s"
