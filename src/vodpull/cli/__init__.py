"""The command line: parse arguments, call the parts, show what came of it."""

from vodpull.cli.main import main

__all__ = ["main"]
