"""What the work tells about itself while it is done: figures, spans, and the job on its log lines."""
