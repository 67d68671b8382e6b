"""What a process tells of itself to machines: log lines, figures, traces; the work itself knows none of it."""
