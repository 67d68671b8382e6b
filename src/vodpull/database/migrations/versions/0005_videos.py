"""Videos as rows of their own, with categories, tasks, callbacks and what an account has stored day by day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PULLED = 3
"""`videoSourceCode` of every video until now."""

AT_ONCE = 500


def upgrade() -> None:
    op.add_column("job", sa.Column("template", sa.String(100), nullable=False, server_default=""))
    op.add_column("event", sa.Column("video_id", sa.String(32)))
    _create_video()
    _create_categories()
    _create_bookkeeping()
    _address_deliveries()
    _fill()


def _create_video() -> None:
    op.create_table(
        "video",
        sa.Column("video_id", sa.String(32), primary_key=True),
        sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
        sa.Column("job_id", sa.String(32), sa.ForeignKey("job.job_id"), nullable=False),
        sa.Column("directory", sa.String(32), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("folded_name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("origin", sa.SmallInteger, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("encode_state", sa.SmallInteger, nullable=False),
        sa.Column("publish_domain", sa.String(255), nullable=False),
        sa.Column("player_id", sa.String(64), nullable=False),
        sa.Column("duration_s", sa.Float, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("uploaded_at_ms", sa.BigInteger, nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_video_job", "video", ["job_id"], unique=True)
    op.create_index("ix_video_account_created", "video", ["account_id", "created_at_ms", "video_id"])
    newest = ["created_at_ms", "video_id"]
    op.create_index("ix_video_account_encode_state", "video", ["account_id", "encode_state", *newest])
    op.create_index("ix_video_account_state", "video", ["account_id", "state", *newest])
    op.create_index("ix_video_created", "video", newest)
    blocked = sa.text("state = 1")
    op.create_index("ix_video_blocked", "video", ["directory"], sqlite_where=blocked, postgresql_where=blocked)


def _create_categories() -> None:
    op.create_table(
        "category",
        sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), primary_key=True),
        sa.Column("node_id", sa.BigInteger, primary_key=True),
        sa.Column("parent_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_category_name", "category", ["account_id", "parent_id", "name"], unique=True)
    op.create_table(
        "video_category",
        sa.Column("video_id", sa.String(32), sa.ForeignKey("video.video_id"), primary_key=True),
        sa.Column("node_id", sa.BigInteger, primary_key=True),
    )
    op.create_index("ix_video_category_node", "video_category", ["node_id", "video_id"])


def _create_bookkeeping() -> None:
    op.create_table(
        "task",
        sa.Column("task_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("trans_no", sa.String(32)),
        sa.Column("subject", sa.JSON, nullable=False),
        sa.Column("notify_url", sa.Text, nullable=False),
        sa.Column("access_key", sa.String(64), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("finished_at_ms", sa.BigInteger),
    )
    op.create_index("ix_task_trans_no", "task", ["account_id", "kind", "trans_no"], unique=True)
    unfinished = sa.text("finished_at_ms IS NULL")
    op.create_index("ix_task_open", "task", ["created_at_ms"], sqlite_where=unfinished, postgresql_where=unfinished)
    op.create_table(
        "superseded",
        sa.Column("directory", sa.String(32), primary_key=True),
        sa.Column("due_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_superseded_due", "superseded", ["due_at_ms"])
    op.create_table(
        "storage_day",
        sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("peak_bytes", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "callback",
        sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
    )


def _address_deliveries() -> None:
    """Let a delivery say itself whom it is for: not every one is about a batch."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    if on_sqlite:  # it makes the table anew, and lets nobody drop one that others refer to
        op.execute("CREATE TABLE attempt_of_delivery AS SELECT * FROM delivery_attempt")
        op.execute("DELETE FROM delivery_attempt")
    with op.batch_alter_table("delivery") as delivery:
        delivery.alter_column("batch_id", existing_type=sa.String(32), nullable=True)
        delivery.add_column(sa.Column("account_id", sa.String(32), nullable=False, server_default=""))
        delivery.add_column(sa.Column("access_key", sa.String(64), nullable=False, server_default=""))
        delivery.add_column(sa.Column("kind", sa.String(16), nullable=False, server_default="pull"))
    if on_sqlite:
        op.execute("INSERT INTO delivery_attempt SELECT * FROM attempt_of_delivery")
        op.drop_table("attempt_of_delivery")
    of_batch = "FROM batch WHERE batch.batch_id = delivery.batch_id"
    op.execute(
        f"UPDATE delivery SET account_id = (SELECT account_id {of_batch}), access_key = (SELECT access_key {of_batch})"  # noqa: S608 - no value of anybody's
    )
    op.create_index("ix_delivery_account", "delivery", ["account_id", "created_at_ms"])


def _fill() -> None:
    """Give every stored original that was not deleted its video."""
    connection = op.get_bind()
    video = sa.Table("video", sa.MetaData(), autoload_with=connection)
    for rows in _stored(connection):
        if rows:
            connection.execute(video.insert(), [_video_of(row) for row in rows])


def _stored(connection: sa.Connection) -> Iterator[list[Any]]:
    tables = sa.MetaData()
    jobs = sa.Table("job", tables, autoload_with=connection)
    batches = sa.Table("batch", tables, autoload_with=connection)
    job, batch = jobs.c, batches.c
    after = ""
    while True:
        query = (
            sa.select(*job, batch.account_id)
            .join_from(jobs, batches, job.batch_id == batch.batch_id)
            .where(job.job_id > after, job.deleted_at_ms.is_(None), batch.deleted_at_ms.is_(None))
            .where(job.pull_status == 2)  # noqa: PLR2004 - the original is stored
            .order_by(job.job_id)
            .limit(AT_ONCE)
        )
        rows = connection.execute(query).all()
        if not rows:
            return
        after = rows[-1].job_id
        yield [row for row in rows if row.asset is not None]


def _video_of(row: Any) -> dict[str, object]:
    stem, dot, _ = row.file_name.rpartition(".")
    name = stem if dot and stem else row.file_name
    updated_at_ms = row.finished_at_ms or row.stage_at_ms
    return {
        "video_id": row.video_id,
        "account_id": row.account_id,
        "job_id": row.job_id,
        "directory": row.directory,
        "name": name,
        "folded_name": name.casefold(),
        "description": "",
        "origin": PULLED,
        "state": 0,
        "encode_state": _encode_state(row),
        "publish_domain": "",
        "player_id": "",
        "duration_s": row.asset["duration_s"],
        "size_bytes": row.stored_bytes or sum(file["size_bytes"] for file in row.asset["files"]),
        "created_at_ms": row.created_at_ms,
        "uploaded_at_ms": updated_at_ms,
        "updated_at_ms": updated_at_ms,
    }


def _encode_state(row: Any) -> int:
    """Return `transcodeState`: 1 encoded, 2 the original only, 3 under way, 4 failed."""
    if row.stage == "done":
        return 1 if row.asset.get("playlist_key") else 2
    return 4 if row.stage in {"failed", "cancelled"} else 3
