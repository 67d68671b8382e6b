"""Tables as CSV, in which no cell of a stranger becomes a formula. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

_FORMULA = frozenset("=+-@\t\r")
"""The first characters that make a cell a formula, by OWASP's list."""


def csv_line(cells: Iterable[str]) -> str:
    """Return a line of CSV (RFC 4180); what a spreadsheet would take for a formula begins with `'`."""
    text = io.StringIO()
    csv.writer(text).writerow("'" + cell if cell and cell[0] in _FORMULA else cell for cell in cells)
    return text.getvalue()
