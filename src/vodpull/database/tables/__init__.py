"""The tables of the database, as SQLAlchemy sees them, by subject; `migrations/` makes them."""

from vodpull.database.tables.accounts import (
    access_key,
    account,
    audit_line,
    installation,
    operator,
    operator_token,
    playback_key,
    storage_day,
)
from vodpull.database.tables.base import metadata
from vodpull.database.tables.imports import (
    import_entries,
    imports,
)
from vodpull.database.tables.notices import (
    callback,
    delivery,
    delivery_attempt,
    event,
    silenced_url,
)
from vodpull.database.tables.processes import (
    chore,
    executor,
)
from vodpull.database.tables.tasks import (
    OPEN,
    UNARCHIVED,
    batch,
    job,
    job_stage,
    remembered_request,
    removal,
    superseded,
)
from vodpull.database.tables.uploads import (
    UNCOMPLETED,
    upload,
    upload_block,
    upload_part,
)
from vodpull.database.tables.videos import (
    DELETED,
    UNARCHIVED_MATERIAL,
    UNFINISHED,
    UNMEASURED,
    caption,
    category,
    content_key,
    material,
    material_use,
    task,
    video,
    video_category,
)

__all__ = [
    "DELETED",
    "OPEN",
    "UNARCHIVED",
    "UNARCHIVED_MATERIAL",
    "UNCOMPLETED",
    "UNFINISHED",
    "UNMEASURED",
    "access_key",
    "account",
    "audit_line",
    "batch",
    "callback",
    "caption",
    "category",
    "chore",
    "content_key",
    "delivery",
    "delivery_attempt",
    "event",
    "executor",
    "import_entries",
    "imports",
    "installation",
    "job",
    "job_stage",
    "material",
    "material_use",
    "metadata",
    "operator",
    "operator_token",
    "playback_key",
    "remembered_request",
    "removal",
    "silenced_url",
    "storage_day",
    "superseded",
    "task",
    "upload",
    "upload_block",
    "upload_part",
    "video",
    "video_category",
]
