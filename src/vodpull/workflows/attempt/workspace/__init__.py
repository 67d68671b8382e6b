"""Where the work of an attempt lies: its folder, the pieces that are done, and whether there is room for more."""
