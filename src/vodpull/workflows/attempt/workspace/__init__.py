"""Where the work of an attempt lies: its folder, finished pieces, notes on what was proven and shown, room for more."""
