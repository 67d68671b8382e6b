"""What clients ask for, and whether it was asked before; nothing of what becomes of it."""
