"""How people get in, and the pages about themselves: sign-in, one's account, operators, the audit log."""
