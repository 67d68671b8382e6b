"""Videos as rows of their own, with categories, tasks, callbacks and what an account has stored day by day."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PULLED = 3
"""`videoSourceCode` of every video until now."""


def upgrade() -> None:
    op.add_column("job", sa.Column("template", sa.String(100), nullable=False, server_default=""))
    op.add_column("event", sa.Column("video_id", sa.String(32)))
    _create_video()
    _create_categories()
    _create_bookkeeping()
    _address_deliveries()
    _fill()
    _index_videos()


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


def _index_videos() -> None:
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


class _Words(NamedTuple):
    """How a database says what of the asset."""

    duration_s: str
    playlist_key: str
    size_bytes: str
    """Of all files together."""
    is_there: str
    is_ascii: str
    """`name` is."""


_SQLITE = _Words(
    duration_s="json_extract(job.asset, '$.duration_s')",
    playlist_key="json_extract(job.asset, '$.playlist_key')",
    size_bytes="(SELECT sum(json_extract(value, '$.size_bytes')) FROM json_each(job.asset, '$.files'))",
    is_there="job.asset IS NOT NULL AND job.asset <> 'null'",
    is_ascii="length(CAST(name AS BLOB)) = length(name)",
)
_POSTGRESQL = _Words(
    duration_s="CAST(job.asset ->> 'duration_s' AS double precision)",
    playlist_key="job.asset ->> 'playlist_key'",
    size_bytes=(
        "(SELECT sum(CAST(value ->> 'size_bytes' AS bigint)) FROM json_array_elements(job.asset -> 'files') AS value)"
    ),
    is_there="job.asset IS NOT NULL AND CAST(job.asset AS text) <> 'null'",
    is_ascii="octet_length(name) = length(name)",
)


def _fill() -> None:
    """Give every stored original that was not deleted its video."""
    connection = op.get_bind()
    words = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL
    connection.exec_driver_sql(_insert(words))
    _fold_names(connection, words)


def _insert(words: _Words) -> str:
    # All up to the last dot, with it: from the end goes whatever is not a dot.
    stem = "rtrim(job.file_name, replace(job.file_name, '.', ''))"
    name = f"CASE WHEN length({stem}) < 2 THEN job.file_name ELSE substr({stem}, 1, length({stem}) - 1) END"
    updated_at_ms = "coalesce(nullif(job.finished_at_ms, 0), job.stage_at_ms)"
    # `transcodeState`: 1 encoded, 2 the original only, 3 under way, 4 failed.
    ended_well = f"CASE WHEN coalesce({words.playlist_key}, '') <> '' THEN 1 ELSE 2 END"
    failed = "job.stage IN ('failed', 'cancelled')"
    columns = {
        "video_id": "job.video_id",
        "account_id": "batch.account_id",
        "job_id": "job.job_id",
        "directory": "job.directory",
        "name": name,
        "folded_name": f"lower({name})",
        "description": "''",
        "origin": str(PULLED),
        "state": "0",
        "encode_state": f"CASE WHEN job.stage = 'done' THEN {ended_well} WHEN {failed} THEN 4 ELSE 3 END",
        "publish_domain": "''",
        "player_id": "''",
        "duration_s": words.duration_s,
        "size_bytes": f"coalesce(nullif(job.stored_bytes, 0), {words.size_bytes}, 0)",
        "created_at_ms": "job.created_at_ms",
        "uploaded_at_ms": updated_at_ms,
        "updated_at_ms": updated_at_ms,
    }
    return (
        f"INSERT INTO video ({', '.join(columns)}) SELECT {', '.join(columns.values())} "  # noqa: S608 - no value of anybody's
        "FROM job JOIN batch ON batch.batch_id = job.batch_id "
        "WHERE job.deleted_at_ms IS NULL AND batch.deleted_at_ms IS NULL "
        f"AND job.pull_status = 2 AND {words.is_there}"  # 2: the original is stored
    )


def _fold_names(connection: sa.Connection, words: _Words) -> None:
    """Fold what a database cannot: letters beyond ASCII, each as it wants."""
    video = sa.table("video", sa.column("video_id"), sa.column("name"), sa.column("folded_name"))
    found = connection.execute(sa.select(video).where(sa.text(f"NOT ({words.is_ascii})")))
    changes = [
        {"id": row.video_id, "folded": folded} for row in found if (folded := row.name.casefold()) != row.folded_name
    ]
    if changes:
        mine = video.c.video_id == sa.bindparam("id")
        connection.execute(video.update().where(mine).values(folded_name=sa.bindparam("folded")), changes)
