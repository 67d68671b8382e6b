"""One attempt of a job: its workspace, pieces, early work, progress and limits."""
