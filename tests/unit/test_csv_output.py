"""What a table of ours does in a spreadsheet."""

from __future__ import annotations

import csv

import pytest

from vodpull.csv_output import csv_line


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-id", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_of_a_table_is_never_a_formula(cell: str) -> None:
    assert next(csv.reader([csv_line(["", cell, "a=b"])])) == ["", f"'{cell}", "a=b"]
