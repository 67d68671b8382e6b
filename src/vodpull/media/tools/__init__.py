"""Child programs: how they are found, confined, run, followed and ended; not what they are asked to do."""
