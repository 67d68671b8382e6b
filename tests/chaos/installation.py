"""The two installations that a campaign runs against."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.origin import Origin
from tests.services.postgres import Postgres
from tests.services.s3 import BUCKET
from tests.services.vodpull import Vodpull

SECRET = "one master key for the fleet"


@contextmanager
def embedded(folder: Path, origins: str) -> Iterator[list[Vodpull]]:
    """Run everything in one process."""
    with _running([_member(folder, "all", origins, {})]) as members:
        yield members


@contextmanager
def fleet(
    folder: Path, origins: str, *, postgres: Postgres, s3_environment: dict[str, str], workers: int
) -> Iterator[list[Vodpull]]:
    """Run one API process and several workers, each with a data folder of its own, as on different machines."""
    shared = {
        "VODPULL_DATABASE_URL": postgres.url(),
        "VODPULL_STORAGE_URL": f"s3://{BUCKET}/{folder.name}",
        "VODPULL_MASTER_KEY": SECRET,
        **s3_environment,
    }
    roles = ["api", *["worker"] * workers]
    members = [_member(folder / f"{role}{n}", role, origins, shared) for n, role in enumerate(roles)]
    with _running(members) as running:
        yield running


def trusted(*parts: Origin | str) -> str:
    """Return the setting that lets a service reach the loopback servers of a test."""
    return ",".join(part if isinstance(part, str) else part.origin for part in parts)


def _member(folder: Path, role: str, origins: str, settings: dict[str, str]) -> Vodpull:
    folder.mkdir(parents=True, exist_ok=True)
    member = Vodpull(folder / "data", origin=origins, **settings)
    member.role = role
    return member


@contextmanager
def _running(members: list[Vodpull]) -> Iterator[list[Vodpull]]:
    with ExitStack() as stack:
        for member in members:
            member.start()
            stack.callback(member.stop)
        yield members
