"""The operator's pages at `/console/`; programs use `api`."""

from vodpull.console.application import create_console
from vodpull.console.context import ConsoleContext, SystemFacts
from vodpull.console.pages.videos.uploads import FILES_PATH
from vodpull.console.setup_links import CONSOLE_PATH, console_link, link_of, setup_link

__all__ = [
    "CONSOLE_PATH",
    "FILES_PATH",
    "ConsoleContext",
    "SystemFacts",
    "console_link",
    "create_console",
    "link_of",
    "setup_link",
]
