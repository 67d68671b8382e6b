"""The library: videos with their captions and categories, materials, and the calls about them that take time."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.database.tables.base import metadata

UNFINISHED = sa.text("finished_at_ms IS NULL")

UNARCHIVED_MATERIAL = sa.text("archived_at_ms < updated_at_ms")

UNMEASURED = sa.text("duration_s < 0")
"""Sound that has just been uploaded."""

DELETED = sa.text("deleted_at_ms IS NOT NULL")
"""Materials whose file is still to be removed."""

video = sa.Table(
    "video",
    metadata,
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
    sa.Column("playback", sa.String(8), nullable=False, server_default=""),
    sa.Column("duration_s", sa.Float, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("uploaded_at_ms", sa.BigInteger, nullable=False),
    sa.Column("updated_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_video_job", "job_id", unique=True),
    sa.Index("ix_video_account_created", "account_id", "created_at_ms", "video_id", "origin", "folded_name"),
    sa.Index("ix_video_account_encode_state", "account_id", "encode_state", "created_at_ms", "video_id"),
    sa.Index("ix_video_account_state", "account_id", "state", "created_at_ms", "video_id"),
    sa.Index("ix_video_created", "created_at_ms", "video_id", "state", "encode_state", "origin", "folded_name"),
)

caption = sa.Table(
    "caption",
    metadata,
    sa.Column("video_id", sa.String(32), sa.ForeignKey("video.video_id"), primary_key=True),
    sa.Column("language", sa.String(35), primary_key=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("is_default", sa.Boolean, nullable=False),
    sa.Column("is_forced", sa.Boolean, nullable=False),
    sa.Column("origin", sa.String(16), nullable=False),
    sa.Column("folder", sa.String(64), nullable=False),
    sa.Column("coming", sa.String(64), nullable=False),
    sa.Column("coming_at_ms", sa.BigInteger, nullable=False),
    sa.Column("cues", sa.Integer, nullable=False),
    sa.Column("left_out", sa.Integer, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("updated_at_ms", sa.BigInteger, nullable=False),
)

content_key = sa.Table(
    "content_key",
    metadata,
    sa.Column("key_id", sa.String(32), primary_key=True),
    sa.Column("video_id", sa.String(32), sa.ForeignKey("video.video_id"), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("sealed_key", sa.Text, nullable=False),
    sa.Index("ix_content_key_video", "video_id", "attempt", "position", unique=True),
)

category = sa.Table(
    "category",
    metadata,
    sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), primary_key=True),
    sa.Column("node_id", sa.BigInteger, primary_key=True),
    sa.Column("parent_id", sa.BigInteger, nullable=False),
    sa.Column("name", sa.String(32), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_category_name", "account_id", "parent_id", "name", unique=True),
)

video_category = sa.Table(
    "video_category",
    metadata,
    sa.Column("video_id", sa.String(32), sa.ForeignKey("video.video_id"), primary_key=True),
    sa.Column("node_id", sa.BigInteger, primary_key=True),
    sa.Index("ix_video_category_node", "node_id", "video_id"),
)

material = sa.Table(
    "material",
    metadata,
    sa.Column("material_id", sa.String(32), primary_key=True),
    sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("folded_name", sa.Text, nullable=False),
    sa.Column("suffix", sa.String(16), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("duration_s", sa.Float, nullable=False),
    sa.Column("publish_domain", sa.String(255), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("uploaded_at_ms", sa.BigInteger, nullable=False),
    sa.Column("updated_at_ms", sa.BigInteger, nullable=False),
    sa.Column("archived_at_ms", sa.BigInteger, nullable=False),
    sa.Column("deleted_at_ms", sa.BigInteger),
    sa.Index("ix_material_account_created", "account_id", "kind", "created_at_ms", "material_id"),
    sa.Index("ix_material_created", "created_at_ms", "material_id"),
    sa.Index(
        "ix_material_unarchived",
        "updated_at_ms",
        sqlite_where=UNARCHIVED_MATERIAL,
        postgresql_where=UNARCHIVED_MATERIAL,
    ),
    sa.Index("ix_material_unmeasured", "duration_s", sqlite_where=UNMEASURED, postgresql_where=UNMEASURED),
    sa.Index("ix_material_deleted", "deleted_at_ms", sqlite_where=DELETED, postgresql_where=DELETED),
)

material_use = sa.Table(
    "material_use",
    metadata,
    sa.Column("material_id", sa.String(32), sa.ForeignKey("material.material_id"), primary_key=True),
    sa.Column("job_id", sa.String(32), sa.ForeignKey("job.job_id"), primary_key=True),
    sa.Index("ix_material_use_job", "job_id"),
)

task = sa.Table(
    "task",
    metadata,
    sa.Column("task_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("trans_no", sa.String(32)),
    sa.Column("subject", sa.JSON, nullable=False),
    sa.Column("notify_url", sa.Text, nullable=False),
    sa.Column("access_key", sa.String(64), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("finished_at_ms", sa.BigInteger),
    sa.Column("job_id", sa.String(32)),
    sa.Index("ix_task_job", "job_id", unique=True),
    sa.Index("ix_task_trans_no", "account_id", "kind", "trans_no", unique=True),
    sa.Index("ix_task_open", "created_at_ms", sqlite_where=UNFINISHED, postgresql_where=UNFINISHED),
)
