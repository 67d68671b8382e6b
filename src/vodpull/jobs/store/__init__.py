"""The rows of batches and jobs: what reads one and whatever changes its state; no lists, no reports."""
