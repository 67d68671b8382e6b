"""User and password go from addresses of sources that were kept before they were refused at the door."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

USER_INFO = re.compile(r"^(\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?[/\\]*)[^/\\?#]*@")
"""What new rows are kept without, as it was when this was written."""

AT_ONCE = 500


def upgrade() -> None:
    connection = op.get_bind()
    job = sa.Table("job", sa.MetaData(), autoload_with=connection)
    after = ""
    query = sa.select(job.c.job_id, job.c.source_url).where(job.c.source_url.like("%@%")).order_by(job.c.job_id)
    while rows := connection.execute(query.where(job.c.job_id > after).limit(AT_ONCE)).all():
        after = rows[-1].job_id
        for job_id, url in rows:
            kept = USER_INFO.sub(r"\1***@", url, count=1)
            if kept != url:
                connection.execute(job.update().where(job.c.job_id == job_id).values(source_url=kept))
