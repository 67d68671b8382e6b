from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from vodpull.app.system_facts import describe_system, without_user_and_query
from vodpull.settings import Settings

URL = "postgresql://me:hunter2@db.test:5433/vod?sslmode=require"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://AKID:secret@bucket/prefix?token=x#y", "s3://bucket/prefix"),
        ("file:///data/media", "file:///data/media"),
    ],
)
def test_a_storage_url_is_shown_without_secrets(url: str, shown: str) -> None:
    assert without_user_and_query(url) == shown


def test_a_database_is_shown_without_user_and_password(tmp_path: Path) -> None:
    url = SecretStr("postgresql://me:hunter2@db.test:5433/vod?sslmode=require")
    settings = Settings(data_dir=tmp_path, database_url=url)
    assert describe_system(settings).database == "PostgreSQL db.test:5433/vod"


def test_a_machine_without_ffmpeg_is_described_too(tmp_path: Path) -> None:
    facts = describe_system(Settings(data_dir=tmp_path, ffmpeg_path="/nowhere/ffmpeg"))
    assert "ffmpeg" in facts.ffmpeg.lower()
    assert (facts.sandbox, facts.database) == ("", f"SQLite {tmp_path / 'vodpull.db'}")
    assert 0 < facts.disk_free_bytes <= facts.disk_total_bytes
