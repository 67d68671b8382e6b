"""Who calls with which key, what that key may do, and how much at once; not how keys are kept (`accounts/keys.py`)."""
