"""From a URL to one complete local file: what callers ask for; tries are counted in `retry.py`."""

from __future__ import annotations

from pathlib import Path

from vodpull.fetch.guard.allowed_connections import AddressGuard
from vodpull.fetch.guard.cookies import CookieJar
from vodpull.fetch.transfer.answers.source_store_answers import ReadableStores
from vodpull.fetch.transfer.guarded_requests import ClientSessions
from vodpull.fetch.transfer.host_limits import HostLimits
from vodpull.fetch.transfer.limits import Downloaded, FetchLimits, OnProgress, Order
from vodpull.fetch.transfer.retry import OnPart, bring
from vodpull.fetch.transfer.wanted_md5 import parse_md5


async def download(  # noqa: PLR0913 - the last five are optional, everything else is needed
    url: str,
    target: Path,
    *,
    guard: AddressGuard,
    limits: FetchLimits,
    on_progress: OnProgress,
    expected_md5: str = "",
    host_limits: HostLimits | None = None,
    on_part: OnPart | None = None,
    cookies: CookieJar | None = None,
    stores: ReadableStores | None = None,
) -> Downloaded:
    """
    Bring the body at `url` to `target`, whose folder exists, and tell what arrived.

    `target` appears only when it is complete, on disk, and its md5 is the expected one (as `parse_md5` takes it; empty:
    any); an older file of that name is replaced. Until then `<target>.part` and `<target>.journal` hold what
    has arrived. They are removed after an error that is final; they stay after a cancellation (it may be a stop of the
    service; whoever means it for good removes them), when the process is killed and after an error that may pass.
    The next call with the same URL and target goes on from there if the origin still has the same file. A second
    process with the same target waits for the first to leave. `host_limits` is shared by all downloads of a process.

    `on_part` is for whoever can begin with less than the whole; with it, the index of an MP4 file comes early, also
    when it stands at the end, where the origin gives ranges of a file that it can name. `cookies` are for whoever goes
    on asking the same origins for the same source. `stores` are those that the source may be in.

    Raises:
        FetchError: the source's error, after `limits.attempts` tries in vain if it may pass.
        StorageFull, StorageUnavailable: the folder cannot take it, or another process has the file; not tried again
            here.
    """
    async with ClientSessions(guard, limits, host_limits, cookies=cookies, stores=stores) as sessions:
        order = Order(
            url=sessions.parse(url),
            target=target,
            expected_md5=parse_md5(expected_md5) if expected_md5 else "",
            is_kept=True,
            index_first=on_part is not None,
        )
        return await bring(order, sessions=sessions, limits=limits, on_progress=on_progress, on_part=on_part)
