"""The docs site builds without a warning, has every page, and its reference is that of the code."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from vodpull.cli.main import app

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"

# `vodpull` where a shell takes it for a command.
COMMAND = re.compile(
    r"(?:^|&& |\$\(|exec \S+ |/bin/)vodpull ([a-z][a-z-]+(?: [a-z][a-z0-9-]+)?)([^\n#)]*)", re.MULTILINE
)


def pages_in(nav: list[dict[str, Any]]) -> Iterator[str]:
    for entry in nav:
        for below in entry.values():
            yield from [below] if isinstance(below, str) else pages_in(below)


def test_every_page_is_in_the_navigation_and_is_there() -> None:
    named = list(pages_in(tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"]))
    there = [str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")]
    assert sorted(named) == sorted(there)


def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    for name in ("docs", "ARCHITECTURE.md", "zensical.toml"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    build = [str(Path(sys.executable).with_name("zensical")), "build", "--strict"]
    done = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    loads = re.compile(
        r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?https?:|<link\b[^>]*\brel=["']?stylesheet[^>]*https?:"""
    )
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > len(list(DOCS.rglob("*.md")))
    assert not [page for page in pages if loads.search(page.read_text())]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    subprocess.run([sys.executable, ROOT / "scripts" / "docs-reference.py", folder], timeout=60, check=True)
    return folder


@pytest.mark.parametrize("name", ["settings", "errors", "formats", "http"])
def test_a_reference_page_is_that_of_the_code(name: str, reference: Path) -> None:
    assert (DOCS / "reference" / f"{name}.md").read_text() == (reference / f"{name}.md").read_text(), "make docs"


def test_links_of_the_readmes_lead_somewhere() -> None:
    for name in ("README.md", "README.zh.md"):
        targets = re.findall(r"\]\(((?!https?:)[^)#]+)[^)]*\)", (ROOT / name).read_text())
        assert not [target for target in targets if not (ROOT / target).exists()], name


def fences(page: Path, language: str) -> list[str]:
    """Return the code of a page in one language, without the indent that it has inside a list."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", page.read_text(), re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", code, flags=re.MULTILINE) for indent, code in found]


PAGES = [ROOT / "README.md", ROOT / "README.zh.md", *sorted(DOCS.rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_snippet_is_in_order_also_where_it_cannot_be_run(page: Path) -> None:
    for code in fences(page, "python"):
        compile(code, page.name, "exec")
    for code in fences(page, "sh"):
        subprocess.run(["bash", "-n", "-c", code], check=True, timeout=10)
        for words, rest in COMMAND.findall(code):
            assert set(re.findall(r"--[a-z][a-z-]*", rest)) <= options_of(words.split()), f"vodpull {words}{rest}"


def options_of(words: list[str]) -> set[str]:
    """Return the options of a command of ours; the second word may be its first argument."""
    command = the_command()
    for word in words:
        if hasattr(command, "commands"):
            command = command.commands[word]
    return {option for parameter in command.params for option in parameter.opts}


@functools.cache
def the_command() -> Any:
    return typer.main.get_command(app)
