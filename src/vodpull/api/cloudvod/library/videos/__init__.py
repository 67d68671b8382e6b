"""The calls about videos, their lists and categories: requests, answers, shapes; clips and joins are in `edits`."""
