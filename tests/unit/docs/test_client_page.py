"""The page about the client names every method, and every snippet of it can be read as Python."""

from __future__ import annotations

import re
from pathlib import Path

from vodpull.client import AsyncClient, Client

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "client.md").read_text()


def methods(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")} - {"run", "close"}


def test_every_method_is_on_the_page() -> None:
    missing = {name for name in methods(Client) if not re.search(rf"`{name}[(`]", PAGE)}
    assert missing == set()


def test_both_clients_have_the_same_methods() -> None:
    assert methods(Client) == methods(AsyncClient)


def test_every_snippet_is_python() -> None:
    snippets = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(snippets) == 4
    for snippet in snippets:
        compile(snippet, "docs/client.md", "exec")
