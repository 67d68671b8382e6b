"""Alembic's entry: runs the revisions on the connection that `database.upgrade` hands over."""

from __future__ import annotations

from alembic import context

from vodpull.database.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
