"""What a manifest keeps of a video beyond its job, and the video made again from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from vodpull.accounts.account_records import lock_account
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.ids import keep_node_id, new_node_id
from vodpull.database.row_locks import insert_new
from vodpull.jobs.manifests.kept_import_entries import KeptOrigin, read_kept_origins, restore_origins
from vodpull.jobs.model import Job
from vodpull.jobs.states_and_codes import EncodeState, Stage, VideoOrigin, VideoState, WireStatus
from vodpull.jobs.store.caption_rows import Caption, insert_caption, read_captions
from vodpull.jobs.store.content_keys import SealedKey, insert_content_key, read_content_keys
from vodpull.jobs.store.video_rows import resize_video, video_row


@dataclass(frozen=True, kw_only=True)
class KeptLabel:
    """A category of a video, with all that is needed to make it again."""

    node_id: int
    name: str
    parent_id: int = 0
    """0: it is of the first level."""
    parent_name: str = ""


@dataclass(frozen=True, kw_only=True)
class KeptVideo:
    """What people have set of a video, and where it comes from."""

    name: str
    description: str
    origin: VideoOrigin
    state: VideoState
    publish_domain: str
    player_id: str
    uploaded_at_ms: int
    updated_at_ms: int
    playback: str = ""
    """`public` or `signed`, as set for it."""
    labels: tuple[KeptLabel, ...] = ()
    captions: tuple[Caption, ...] = ()
    content_keys: tuple[SealedKey, ...] = ()
    """Of its segments, sealed with the master key."""
    created_at_ms: int | None = None
    """When it was first heard of, here or elsewhere; None: when its job was."""
    origins: tuple[KeptOrigin, ...] = ()
    """By which imports it came."""


def read_kept_video(connection: sa.Connection, job_id: str) -> KeptVideo | None:
    """Return what is to be kept of a job's video; None when it has none."""
    video = tables.video
    row = connection.execute(sa.select(video).where(video.c.job_id == job_id)).mappings().first()
    if row is None:
        return None
    return KeptVideo(
        name=row["name"],
        description=row["description"],
        origin=VideoOrigin(row["origin"]),
        state=VideoState(row["state"]),
        publish_domain=row["publish_domain"],
        player_id=row["player_id"],
        uploaded_at_ms=row["uploaded_at_ms"],
        updated_at_ms=row["updated_at_ms"],
        playback=row["playback"],
        labels=_labels(connection, row["account_id"], row["video_id"]),
        captions=tuple(read_captions(connection, row["video_id"])),
        content_keys=tuple(read_content_keys(connection, row["video_id"])),
        created_at_ms=row["created_at_ms"],
        origins=read_kept_origins(connection, row["account_id"], row["video_id"]),
    )


def _labels(connection: sa.Connection, account_id: str, video_id: str) -> tuple[KeptLabel, ...]:
    node, parent, label = tables.category.alias("node"), tables.category.alias("parent"), tables.video_category
    mine = sa.and_(node.c.account_id == account_id, node.c.node_id == label.c.node_id)
    above = sa.and_(parent.c.account_id == account_id, parent.c.node_id == node.c.parent_id)
    query = (
        sa.select(node.c.node_id, node.c.name, node.c.parent_id, parent.c.name.label("parent_name"))
        .select_from(label.join(node, mine).outerjoin(parent, above))
        .where(label.c.video_id == video_id)
        .order_by(node.c.node_id)
    )
    return tuple(
        KeptLabel(node_id=row.node_id, name=row.name, parent_id=row.parent_id, parent_name=row.parent_name or "")
        for row in connection.execute(query)
    )


def restore_video(
    connection: sa.Connection, account_id: str, job: Job, *, kept: KeptVideo | None, stored_bytes: int
) -> None:
    """Insert the video of a job that was inserted from its manifest; of an older one all that the job tells."""
    if job.asset is None or job.pull_status is not WireStatus.SUCCEEDED:
        return
    row = video_row(account_id, job, encodes=False)
    state = job.asset.encode_state if job.stage is Stage.DONE else EncodeState.FAILED
    row |= {"encode_state": int(state), "size_bytes": stored_bytes}
    row |= {"uploaded_at_ms": job.finished_at_ms, "updated_at_ms": job.finished_at_ms}
    if kept is not None:
        set_by_people = ("name", "description", "publish_domain", "player_id", "playback")
        texts = {name: getattr(kept, name) for name in set_by_people}
        row |= texts | {"folded_name": kept.name.casefold(), "origin": int(kept.origin), "state": int(kept.state)}
        row |= {"uploaded_at_ms": kept.uploaded_at_ms, "updated_at_ms": kept.updated_at_ms}
        row |= {} if kept.created_at_ms is None else {"created_at_ms": kept.created_at_ms}
    size_bytes = row.pop("size_bytes")
    is_new = insert_new(connection, tables.video, row | {"size_bytes": 0})
    resize_video(connection, job.job_id, int(str(size_bytes)))
    if is_new and kept is not None:
        lock_account(connection, account_id)
        for label in kept.labels:
            node_id = _restore_label(connection, account_id, label)
            insert_new(connection, tables.video_category, {"video_id": job.video_id, "node_id": node_id})
        for caption in kept.captions:
            insert_caption(connection, job.video_id, caption)
        for key in kept.content_keys:
            insert_content_key(connection, job.video_id, key)
        if job.stage is Stage.DONE:
            restore_origins(connection, account_id, kept.origins, video_id=job.video_id, job_id=job.job_id)


def _restore_label(connection: sa.Connection, account_id: str, label: KeptLabel) -> int:
    parent_id = 0
    if label.parent_name:
        parent_id = _restore_node(connection, account_id, node_id=label.parent_id, name=label.parent_name, parent_id=0)
    return _restore_node(connection, account_id, node_id=label.node_id, name=label.name, parent_id=parent_id)


def _restore_node(connection: sa.Connection, account_id: str, *, node_id: int, name: str, parent_id: int) -> int:
    """Return the id of a category: the one that it had, unless that names another one by now."""
    category = tables.category.c
    same = sa.and_(category.account_id == account_id, category.parent_id == parent_id, category.name == name)
    known = connection.scalar(sa.select(category.node_id).where(same))
    if known is not None:
        return int(known)
    row: dict[str, Any] = {
        "account_id": account_id,
        "node_id": node_id,
        "parent_id": parent_id,
        "name": name,
        "created_at_ms": now_ms(),
    }
    if not insert_new(connection, tables.category, row):
        row["node_id"] = new_node_id(connection, account_id)
        insert_new(connection, tables.category, row)
    keep_node_id(connection, account_id, int(row["node_id"]))
    return int(row["node_id"])
