"""How people get in, and the pages about themselves and each other; not who may what (`console/needed_roles.py`)."""
