"""Every snippet of the pages is executed against a running service, unless a comment above it says why not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.origin import Origin
from tests.services.preloaded import unmeasured
from tests.services.vodpull import Vodpull

DOCS = Path(__file__).resolve().parents[2] / "docs"
RUNS = {"sh": "bash", "python": "python3"}
CLIP = "very_short_0.17s_1080p.mp4"

# How pages name the service and a source; the test has its own.
SERVICE, SOURCE = "http://127.0.0.1:8080", "https://example.com/clip.mp4"

FENCE = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^\n]+) -->\n)?^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)


def snippets(page: Path) -> Iterator[tuple[str, str]]:
    """Yield language and text of the snippets of a page that are to be executed."""
    for found in FENCE.finditer(page.read_text()):
        if found["language"] in RUNS and not found["reason"]:
            yield found["language"], found["code"]


def as_script(page: Path) -> str:
    """Return the snippets of a page as one shell script, so that what one sets the next one has."""
    parts = [code if language == "sh" else f"python3 - <<'CODE'\n{code}CODE\n" for language, code in snippets(page)]
    return "\n".join(["set -euo pipefail", *parts])


PAGES = sorted(str(page.relative_to(DOCS)) for page in (*DOCS.glob("*.md"), *DOCS.glob("how-to/*.md")))

TRANSLATED = ("quickstart.md", "migrate.md", "console.md", "wire-calls.md")


@pytest.mark.parametrize("page", [page for page in PAGES if any(snippets(DOCS / page))])
def test_the_snippets_of_a_page_do_what_it_says(page: str, service: Vodpull, origin: Origin, tmp_path: Path) -> None:
    script = as_script(DOCS / page).replace(SERVICE, service.url).replace(SOURCE, origin.url(CLIP))
    environment = unmeasured(os.environ) | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "VODPULL_DATA_DIR": str(service.data_dir),
        "VODPULL_SERVER": service.url,
    }
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    refused = re.search(r'"code": ?(?!200\b)\d+|urn:vodpull:error', done.stdout)
    assert refused is None, done.stdout


@pytest.mark.parametrize("page", TRANSLATED)
def test_a_translated_page_has_the_same_snippets_and_headings(page: str) -> None:
    ours, theirs = DOCS / page, DOCS / "zh" / page
    comment = re.compile(r"\s+#.*")
    assert [comment.sub("", code) for _, code in snippets(ours)] == [
        comment.sub("", code) for _, code in snippets(theirs)
    ]
    ours_text, theirs_text = ours.read_text(), theirs.read_text()
    for mark in (r"^#+ ", r"^\| ", r"^!\["):
        assert len(re.findall(mark, ours_text, re.MULTILINE)) == len(re.findall(mark, theirs_text, re.MULTILINE)), mark


def test_no_page_asks_for_a_curl_that_many_machines_lack() -> None:
    """`curl --json` came with 7.82; enterprise Linux and older Debians have less."""
    pages = [*DOCS.rglob("*.md"), *DOCS.parent.glob("README*.md")]
    assert [str(page) for page in pages if re.search(r"curl[^`]*?\s--json\s", page.read_text())] == []
