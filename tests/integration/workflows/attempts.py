"""One attempt of a job with real parts, for tests that start no engine."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import imageio_ffmpeg
import sqlalchemy as sa
from tests.films import kept
from tests.stored import VAULT, accept

from vodpull import fetch, media
from vodpull.accounts.access_keys import Accounts
from vodpull.jobs.job_folders import folder_key
from vodpull.jobs.model import Asset, Job, StoredFile
from vodpull.jobs.source_retries import SourceRetries
from vodpull.jobs.states_and_codes import Clarity, ServerType
from vodpull.jobs.store.content_keys import ContentKeys
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.store import Store
from vodpull.jobs.submission.template_registry import load_templates
from vodpull.media.tools.installed import find_toolbox
from vodpull.storage import open_store
from vodpull.uploads.handover import Handover
from vodpull.workflows.attempt.context import Context
from vodpull.workflows.attempt.encoder_slots import Encoders
from vodpull.workflows.attempt.extras.small_downloads import SideFiles
from vodpull.workflows.attempt.telemetry.meters import Watch
from vodpull.workflows.attempt.workspace.disk_reservations_and_backlog import Admission, Thresholds


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One job whose source is here."""

    can: Context
    job: Job
    source: Path

    def results(self) -> list[str]:
        """Return what is complete, without the digests in the names."""
        folder = self.can.work_folder.joinpath(f"{self.job.directory}-1", "results")
        names = [path.name for path in folder.glob("*")]
        return sorted("-".join(name.split("-")[:2]) for name in names)


def bench(
    database: sa.Engine, tmp_path: Path, *, seconds: int, kind: str = "mp4", rate: int = 10, is_shared: bool = False
) -> Bench:
    """Give a job with a picture of so many seconds as its source."""
    source = kept(tmp_path / f"source.{kind}", (seconds, rate), lambda made: _film(made, seconds, rate))
    store, objects = Store(database), open_store(f"file://{tmp_path / 'objects'}")
    can = Context(
        content_keys=ContentKeys(database, VAULT),
        store=store,
        objects=objects,
        is_shared=is_shared,
        guard=fetch.AddressGuard(),
        notify_guard=fetch.AddressGuard(),
        host_limits=fetch.HostLimits(),
        stores_of=lambda _account_id: fetch.NoStores(),
        toolbox=_toolbox(),
        work_folder=tmp_path / "work",
        admission=Admission(tmp_path, Thresholds(min_free_bytes=0, max_backlog=9), backlog=lambda: 0),
        handover=Handover(database, objects),
        templates=load_templates(tmp_path / "templates"),
        fetch_limits=fetch.FetchLimits(max_bytes=10**9),
        side_files=SideFiles(
            guard=fetch.AddressGuard(),
            limits=fetch.FetchLimits(max_bytes=10**9),
            host_limits=fetch.HostLimits(),
            stores_of=lambda _account_id: fetch.NoStores(),
            folder=tmp_path / "captions",
        ),
        source_retries=SourceRetries.parse(()),
        max_duration_s=3600,
        watch=Watch(),
        encoders=Encoders(2),
    )
    [job] = accept(store, Accounts(database, VAULT), jobs=1).jobs
    return Bench(can=can, job=job, source=source)


@cache
def _toolbox() -> media.Toolbox:
    return find_toolbox("", sandbox="auto")


def _film(target: Path, seconds: int, rate: int) -> None:
    """Write a picture of a minute at most; what lasts longer shows it again."""
    program, minute = imageio_ffmpeg.get_ffmpeg_exe(), target.with_stem("minute")
    picture = ("-f", "lavfi", "-i", f"testsrc2=s=320x180:r={rate}:d={min(seconds, 60)}", "-c:v", "mpeg4")
    subprocess.run([program, "-v", "error", *picture, minute], check=True, timeout=120)
    if seconds > 60:
        again = ("-stream_loop", "-1", "-i", minute, "-c", "copy", "-t", str(seconds))
        subprocess.run([program, "-v", "error", *again, target], check=True, timeout=120)
        minute.unlink()
    else:
        minute.rename(target)


async def pulled(made: Bench) -> tuple[Bench, media.MediaInfo]:
    """Put the source where a fetch leaves it, and record it."""
    place, store = made.can.workspace(made.job), made.can.store
    place.open()
    shutil.copyfile(made.source, place.source)
    key = f"{folder_key(made.job)}/source.mp4"
    await made.can.objects.put_file(key, made.source)
    size = made.source.stat().st_size
    file = StoredFile(clarity=Clarity.ORIGINAL, server_type=ServerType.SOURCE, width_px=320, height_px=180,
                      bitrate_bps=1, size_bytes=size, key=key)  # fmt: skip
    digests = place.digests(place.source)
    asset = Asset(
        video_id=made.job.video_id, duration_s=60.0, files=(file,), md5=digests["md5"], sha256=digests["sha256"]
    )
    store.record_pulled(JobRef.of(made.job), asset)
    _, job = store.find_job(made.job.job_id)
    return replace(made, job=job), await media.probe(place.source, toolbox=made.can.toolbox)
