"""The command line: parse arguments, call the parts, show what came of it; no rules of its own."""

from vodpull.cli.main import main

__all__ = ["main"]
