"""Libraries that come along: an import goes on turn by turn; not how their lists are read (`imports`)."""
