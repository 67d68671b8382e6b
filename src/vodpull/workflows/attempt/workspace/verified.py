"""What a verified package is, kept beside its playlists and never published."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from vodpull import media

VERIFIED_FILE = "verified.json"
"""What the package is and what was measured."""

PROOF_FILE = "proof.json"
"""What was compared with the source; missing beside what an older version has verified."""

_VERIFIED = TypeAdapter(tuple[media.Package, tuple[media.Rendition, ...]])


@dataclass(frozen=True, kw_only=True)
class Verified:
    """A package that may be published."""

    package: media.Package
    renditions: tuple[media.Rendition, ...]
    proof: dict[str, object] | None


def write_verified(folder: Path, verified: Verified) -> None:
    """Keep what is known of the package in a folder."""
    (folder / VERIFIED_FILE).write_bytes(_VERIFIED.dump_json((verified.package, verified.renditions)))
    (folder / PROOF_FILE).write_text(json.dumps(verified.proof))


def read_verified(folder: Path) -> Verified:
    """Return what is known of the package in a folder."""
    package, renditions = _VERIFIED.validate_json((folder / VERIFIED_FILE).read_bytes())
    proof = folder / PROOF_FILE
    kept = json.loads(proof.read_bytes()) if proof.exists() else None
    return Verified(package=package, renditions=renditions, proof=kept)


def package_files(folder: Path) -> list[str]:
    """Return the files of a package, relative to its folder."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return sorted({str(path.relative_to(folder)) for path in paths} - {VERIFIED_FILE, PROOF_FILE})
