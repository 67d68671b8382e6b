"""The tables of the database, as SQLAlchemy sees them; `migrations/` makes them."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

UNARCHIVED = sa.text("archived_attempt < attempt")
"""Jobs that ended since their manifest was written, and those under way: few, however many there are in all."""

UNFINISHED = sa.text("finished_at_ms IS NULL")

UNARCHIVED_MATERIAL = sa.text("archived_at_ms < updated_at_ms")

UNMEASURED = sa.text("duration_s < 0")
"""Sound that has just been uploaded."""

DELETED = sa.text("deleted_at_ms IS NOT NULL")
"""Materials whose file is still to be removed."""

UNCOMPLETED = sa.text("completed_at_ms IS NULL")
"""Uploads whose file is not whole yet."""

OPEN = sa.text("finished_at_ms IS NULL")
"""Batches under way."""

installation = sa.Table(
    "installation",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

account = sa.Table(
    "account",
    metadata,
    sa.Column("account_id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    sa.Column("sealed_notify_secret", sa.Text, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("stored_bytes", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("peak_bytes", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("last_node_id", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("playback", sa.String(8), nullable=False, server_default=""),
)

access_key = sa.Table(
    "access_key",
    metadata,
    sa.Column("access_key", sa.String(64), primary_key=True),
    sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
    sa.Column("sealed_secret", sa.Text, nullable=False),
    sa.Column("sealed_next_secret", sa.Text),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("revoked_at_ms", sa.BigInteger),
    sa.Column("scopes", sa.String(64), nullable=False, server_default=""),
    sa.Column("expires_at_ms", sa.BigInteger),
)

playback_key = sa.Table(
    "playback_key",
    metadata,
    sa.Column("key_id", sa.String(32), primary_key=True),
    sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
    sa.Column("algorithm", sa.String(8), nullable=False),
    sa.Column("sealed_secret", sa.Text, nullable=False),
    sa.Column("public_key", sa.Text, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("revoked_at_ms", sa.BigInteger),
    sa.Index("ix_playback_key_account", "account_id", "created_at_ms"),
)

batch = sa.Table(
    "batch",
    metadata,
    sa.Column("batch_id", sa.String(32), primary_key=True),
    sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
    sa.Column("access_key", sa.String(64), nullable=False),
    sa.Column("trans_no", sa.String(32), nullable=False),
    sa.Column("template", sa.String(100), nullable=False),
    sa.Column("notify_url", sa.Text, nullable=False),
    sa.Column("separate", sa.Boolean, nullable=False),
    sa.Column("fetch_ts", sa.Boolean, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("metadata", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("finished_at_ms", sa.BigInteger),
    sa.Column("deleted_at_ms", sa.BigInteger),
    sa.Column("strict_trans_no", sa.String(32)),
    sa.Column("swept_until_ms", sa.BigInteger),
    sa.Index("ix_batch_strict_trans_no", "account_id", "strict_trans_no", unique=True),
    sa.Index("ix_batch_account_trans_no", "account_id", "trans_no", "created_at_ms", "batch_id"),
    sa.Index("ix_batch_account_created", "account_id", "created_at_ms", "batch_id"),
    sa.Index("ix_batch_created", "created_at_ms", "batch_id"),
    sa.Index("ix_batch_finished", "finished_at_ms"),
    sa.Index(
        "ix_batch_account_open",
        "account_id",
        "created_at_ms",
        "batch_id",
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    ),
)

job = sa.Table(
    "job",
    metadata,
    sa.Column("job_id", sa.String(32), primary_key=True),
    sa.Column("batch_id", sa.String(32), sa.ForeignKey("batch.batch_id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("source_url", sa.Text, nullable=False),
    sa.Column("md5", sa.String(64), nullable=False),
    sa.Column("video_id", sa.String(32), nullable=False),
    sa.Column("directory", sa.String(32), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("stage", sa.String(16), nullable=False),
    sa.Column("stage_at_ms", sa.BigInteger, nullable=False),
    sa.Column("pull_status", sa.SmallInteger, nullable=False),
    sa.Column("cmd_status", sa.SmallInteger, nullable=False),
    sa.Column("failure", sa.JSON(none_as_null=True)),
    sa.Column("asset", sa.JSON(none_as_null=True)),
    sa.Column("decisions", sa.JSON, nullable=False),
    sa.Column("bytes_done", sa.BigInteger, nullable=False),
    sa.Column("bytes_total", sa.BigInteger),
    sa.Column("percent", sa.Float, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("finished_at_ms", sa.BigInteger),
    sa.Column("deleted_at_ms", sa.BigInteger),
    sa.Column("stored_bytes", sa.BigInteger, nullable=False),
    sa.Column("archived_attempt", sa.Integer, nullable=False),
    sa.Column("next_try", sa.JSON(none_as_null=True)),
    sa.Column("template", sa.String(100), nullable=False, server_default=""),
    sa.Column("captions", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("watermark", sa.String(100), nullable=False, server_default=""),
    sa.Column("origin", sa.SmallInteger, nullable=False, server_default="3"),
    sa.Index("ix_job_batch_position", "batch_id", "position", unique=True),
    sa.Index("ix_job_directory", "directory", unique=True),
    sa.Index("ix_job_stage_batch", "stage", "batch_id"),
    sa.Index("ix_job_unarchived", "finished_at_ms", sqlite_where=UNARCHIVED, postgresql_where=UNARCHIVED),
)

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
    sa.Index("ix_video_account_created", "account_id", "created_at_ms", "video_id"),
    sa.Index("ix_video_account_encode_state", "account_id", "encode_state", "created_at_ms", "video_id"),
    sa.Index("ix_video_account_state", "account_id", "state", "created_at_ms", "video_id"),
    sa.Index("ix_video_created", "created_at_ms", "video_id"),
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

superseded = sa.Table(
    "superseded",
    metadata,
    sa.Column("directory", sa.String(32), primary_key=True),
    sa.Column("due_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_superseded_due", "due_at_ms"),
)

storage_day = sa.Table(
    "storage_day",
    metadata,
    sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("peak_bytes", sa.BigInteger, nullable=False),
)

callback = sa.Table(
    "callback",
    metadata,
    sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
)

upload = sa.Table(
    "upload",
    metadata,
    sa.Column("upload_id", sa.String(32), primary_key=True),
    sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
    sa.Column("access_key", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("subject_id", sa.String(32), nullable=False),
    sa.Column("key", sa.String(255), nullable=False),
    sa.Column("resume_id", sa.String(64)),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("options", sa.JSON, nullable=False),
    sa.Column("size_bytes", sa.BigInteger),
    sa.Column("md5", sa.String(32), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("deadline_ms", sa.BigInteger, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("touched_at_ms", sa.BigInteger, nullable=False),
    sa.Column("completed_at_ms", sa.BigInteger),
    sa.Column("completed_by", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(28), nullable=False),
    sa.Index("ix_upload_key", "key", unique=True),
    sa.Index(
        "ix_upload_resume",
        "account_id",
        "kind",
        "resume_id",
        unique=True,
        sqlite_where=UNCOMPLETED,
        postgresql_where=UNCOMPLETED,
    ),
    sa.Index("ix_upload_touched", "touched_at_ms"),
)

upload_block = sa.Table(
    "upload_block",
    metadata,
    sa.Column("upload_id", sa.String(32), sa.ForeignKey("upload.upload_id"), primary_key=True),
    sa.Column("series", sa.String(64), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("nonce", sa.String(16), nullable=False),
)

upload_part = sa.Table(
    "upload_part",
    metadata,
    sa.Column("upload_id", sa.String(32), sa.ForeignKey("upload.upload_id"), primary_key=True),
    sa.Column("series", sa.String(64), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", sa.BigInteger, primary_key=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("body_at", sa.BigInteger, nullable=False),
    sa.Column("body_md5", sa.String(32), nullable=False),
    sa.Column("sha1", sa.String(40), nullable=False),
    sa.Index("ix_upload_part_key", "key", unique=True),
)

removal = sa.Table(
    "removal",
    metadata,
    sa.Column("directory", sa.String(32), primary_key=True),
    sa.Column("batch_id", sa.String(32), sa.ForeignKey("batch.batch_id"), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("asked_at_ms", sa.BigInteger, nullable=False),
    sa.Column("due_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_removal_due", "due_at_ms"),
    sa.Index("ix_removal_batch", "batch_id"),
)

chore = sa.Table(
    "chore",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("begun_at_ms", sa.BigInteger, nullable=False),
)

job_stage = sa.Table(
    "job_stage",
    metadata,
    sa.Column("job_id", sa.String(32), sa.ForeignKey("job.job_id"), primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True),
    sa.Column("stage", sa.String(16), primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
)

remembered_request = sa.Table(
    "remembered_request",
    metadata,
    sa.Column("request_id", sa.String(64), primary_key=True),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("batch_id", sa.String(32), nullable=False),
    sa.Column("at_s", sa.Float, nullable=False),
    sa.Index("ix_remembered_request_at", "at_s"),
)

event = sa.Table(
    "event",
    metadata,
    sa.Column("event_id", sa.String(64), primary_key=True),
    sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
    sa.Column("batch_id", sa.String(32), sa.ForeignKey("batch.batch_id"), nullable=False),
    sa.Column("position", sa.Integer),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("video_id", sa.String(32)),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("acked_at_ms", sa.BigInteger),
    sa.Index("ix_event_account", "account_id", "acked_at_ms", "created_at_ms"),
    sa.Index("ix_event_batch", "batch_id"),
)

silenced_url = sa.Table(
    "silenced_url",
    metadata,
    sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), primary_key=True),
    sa.Column("url_hash", sa.String(64), primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
)

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("delivery_id", sa.String(64), primary_key=True),
    sa.Column("batch_id", sa.String(32), sa.ForeignKey("batch.batch_id")),
    sa.Column("position", sa.Integer),
    sa.Column("account_id", sa.String(32), nullable=False),
    sa.Column("access_key", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_delivery_batch_position", "batch_id", "position"),
    sa.Index("ix_delivery_account", "account_id", "created_at_ms"),
    sa.Index("ix_delivery_state", "state", "created_at_ms"),
)

delivery_attempt = sa.Table(
    "delivery_attempt",
    metadata,
    sa.Column("delivery_id", sa.String(64), sa.ForeignKey("delivery.delivery_id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("latency_ms", sa.Integer, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("response_head", sa.Text, nullable=False),
)

executor = sa.Table(
    "executor",
    metadata,
    sa.Column("executor_id", sa.String(200), primary_key=True),
    sa.Column("application_version", sa.String(32), nullable=False),
    sa.Column("seen_at_s", sa.Float, nullable=False),
)

operator = sa.Table(
    "operator",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("changed_at_ms", sa.BigInteger, nullable=False),
)

operator_token = sa.Table(
    "operator_token",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("purpose", sa.String(16), nullable=False),
    sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
)
