"""Fuzz what is taken only in the sandbox, and go on where it stopped: `python -m tests.fuzz --help`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.fuzz.campaign import Books, Campaign
from tests.fuzz.samples import write_samples
from vodpull.media import find_toolbox
from vodpull.media.tools.accepted import ACCEPTED

ROUND = 500


def main() -> int:
    """Fuzz what the arguments name; 0 when nothing happened that must not."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--mutations", type=int, default=2000, help="of each container and codec")
    parser.add_argument("--books", type=Path, default=Path("fuzz.json"), help="counts so far, read and written")
    parser.add_argument("--only", nargs="*", default=[], help="such as video:hap; all without it")
    parser.add_argument("--sample", nargs="*", default=[], help="such as audio:wmapro=FILE, where FFmpeg writes none")
    options = parser.parse_args()
    return asyncio.run(fuzz(options))


async def fuzz(options: argparse.Namespace) -> int:
    """Work through all entries, and keep the books after each round."""
    toolbox = find_toolbox("", sandbox="require")
    books = json.loads(options.books.read_text()) if options.books.exists() else {}
    with tempfile.TemporaryDirectory(prefix="vodpull-fuzz-") as place:
        samples = {f"{kind}:{name}": path for (kind, name), path in write_samples(Path(place)).items()}
        samples |= {key: Path(path) for key, _, path in (each.partition("=") for each in options.sample)}
        for entry in ACCEPTED:
            key = f"{entry.kind}:{entry.name}"
            if not entry.boxed or (options.only and key not in options.only):
                continue
            if key not in samples:
                sys.stdout.write(f"{key}: no sample\n")
                continue
            own = Books(**books.get(key, {}))
            campaign = Campaign(
                samples[key],
                Path(place) / key.replace(":", "-"),
                toolbox=toolbox,
                text=entry.name if entry.kind == "text" else "",
            )
            while own.tried < options.mutations:
                await campaign.take(range(own.tried, min(own.tried + ROUND, options.mutations)), own)
                books[key] = asdict(own)
                options.books.write_text(json.dumps(books, indent=1, sort_keys=True) + "\n")
            sys.stdout.write(f"{key}: {own.tried} tried, {own.taken} decoded, {len(own.faults)} faults\n")
            sys.stdout.flush()
    return 1 if any(own["faults"] for own in books.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
