"""What a person at a terminal reads and writes: tables, bars, the outcome of a task, spans of time; no commands."""
