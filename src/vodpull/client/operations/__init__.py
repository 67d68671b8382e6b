"""Every operation of the two APIs, by subject: which calls it makes and what it returns. No network."""
