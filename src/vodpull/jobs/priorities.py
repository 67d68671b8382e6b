"""Which work goes first: a smaller number does. What an account asks for goes before what its imports bring. Pure."""

from __future__ import annotations

DEFAULT_PRIORITY = 100

PRIORITY_OF_IMPORTS = 500
"""Of the jobs of imports: what an account does meanwhile goes first."""
