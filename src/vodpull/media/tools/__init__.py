"""Child programs: how they are found, confined, run, followed and ended."""
