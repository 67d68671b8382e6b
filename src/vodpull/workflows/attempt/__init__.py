"""One attempt of a job: its context, workspace, pieces, early work and progress; not the order of its steps."""
