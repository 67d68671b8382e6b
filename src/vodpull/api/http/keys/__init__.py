"""Who calls with which key, what it may do, how much at once; not how keys are kept (`accounts/access_keys.py`)."""
