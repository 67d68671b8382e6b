"""Names of the files that make up a packaged video."""

INIT_FILE = "init.mp4"
SEGMENT_PATTERN = "%05d.m4s"
