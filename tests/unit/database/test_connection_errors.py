from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from vodpull.database.connection import open_database
from vodpull.database.connection_errors import explained
from vodpull.database.migrate import migrate
from vodpull.errors import ConfigurationError, DatabaseUnavailable, VodpullError

URL = "postgresql+psycopg://ann:hunter2@db.example/videos?sslpassword=hunter2"

REFUSALS = [
    ('connection to server failed: FATAL:  password authentication failed for user "ann"', "Correct user and password"),
    ('connection to server failed: FATAL:  database "videos" does not exist', "createdb"),
    ('connection to server failed: FATAL:  role "ann" does not exist', "createuser"),
    ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "ann"', "pg_hba.conf"),
    ("permission denied for schema public", "owner"),
    ("failed to resolve host 'db.example': [Errno -2]", "Correct the host"),
    ("SSL error: certificate verify failed", "sslrootcert"),
    ("server does not support SSL, but SSL was required", "sslmode=prefer"),
]

ABSENCES = [
    ("connection failed: Connection refused\n\tIs the server running?", "Start PostgreSQL"),
    ("FATAL:  sorry, too many clients already", "max_connections"),
    ("connection timeout expired", "Check that the database server"),
]


def refused(said: str, url: str = URL) -> VodpullError:
    with pytest.raises(VodpullError) as caught, explained(sa.create_engine(url)):
        raise sa.exc.OperationalError("SELECT 1", None, Exception(said))
    return caught.value


@pytest.mark.parametrize(("said", "remedy"), REFUSALS + ABSENCES)
def test_a_database_that_refuses_is_named_with_its_cause_and_the_fix(said: str, remedy: str) -> None:
    error = refused(said)
    assert remedy in error.remedy
    assert error.field == "VODPULL_DATABASE_URL"
    assert str(error).startswith("VODPULL_DATABASE_URL: the database postgresql://ann:***@db.example/videos ")
    assert "hunter2" not in str(error)
    assert "\n" not in str(error)


def test_only_what_passes_by_itself_is_worth_another_try() -> None:
    assert {type(refused(said)) for said, _ in REFUSALS} == {ConfigurationError}
    assert {type(refused(said)) for said, _ in ABSENCES} == {DatabaseUnavailable}


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "vodpull.db"
    path.write_text("no database at all, but long enough to be looked at")
    with pytest.raises(ConfigurationError, match=f"{path} cannot be used: file is not a database") as caught:
        migrate(open_database(f"sqlite:///{path}"))
    assert "backup" in caught.value.remedy


@pytest.mark.parametrize("url", ["postgresql://u:p@h:port/db", "nonsense", "mysql://u:p@h/db"])
def test_what_is_no_url_of_a_database_says_how_one_looks(url: str) -> None:
    with pytest.raises(ConfigurationError, match="VODPULL_DATABASE_URL") as caught:
        open_database(url)
    assert "postgresql://user:password@host" in caught.value.remedy


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="file, cannot be made"):
        open_database(f"sqlite:///{tmp_path}/file/vodpull.db")
