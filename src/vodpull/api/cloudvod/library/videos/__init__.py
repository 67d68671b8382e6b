"""The calls about videos, their lists and categories: requests, answers and their shapes."""
