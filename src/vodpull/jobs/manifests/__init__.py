"""What the object store itself keeps of every job and its video, and rows made again from it; no files are written."""
