"""Who calls with which key, what that key may do, and how much at once; every endpoint that needs one passes here."""
