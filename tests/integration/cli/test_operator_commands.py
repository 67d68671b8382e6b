"""`vodpull operators`, `keys`, `console-link` and `audit`: the way back in for whoever has the machine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from vodpull.accounts.people.operators import Operators
from vodpull.app.installation import open_accounts, open_people
from vodpull.app.local_key import keep_local_key
from vodpull.cli.main import app
from vodpull.errors import NotAllowedNow, NotFound, ParameterError
from vodpull.settings import load_settings

PASSWORD = "a long password"


@pytest.fixture
def operators(tmp_path: Path, sqlite_with_tables: Path, monkeypatch: pytest.MonkeyPatch) -> Operators:
    """The operators of an installation with one owner."""
    shutil.copyfile(sqlite_with_tables, tmp_path / "vodpull.db")
    monkeypatch.setenv("VODPULL_DATA_DIR", str(tmp_path))
    people = open_people(load_settings()).operators
    people.choose_password(people.new_setup_token(), PASSWORD)
    return people


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def token_of(link: Result) -> str:
    return link.stdout.strip().partition("token=")[2]


def test_an_operator_is_added_changed_and_removed(operators: Operators) -> None:
    link = run("operators", "add", "Ada@example.com", "--role", "owner")
    assert operators.choose_password(token_of(link), PASSWORD) == "ada@example.com"
    assert run("operators", "role", "ADA@example.com", "viewer").exit_code == 0
    listed = json.loads(run("operators", "list", "--json").stdout)
    assert [(each["name"], each["role"]) for each in listed] == [("ada@example.com", "viewer"), ("operator", "owner")]
    assert "operator" in run("operators", "list").stdout
    assert run("operators", "reset-two-factor", "ada@example.com").exit_code == 0
    assert run("operators", "remove", "ada@example.com").exit_code == 0
    assert isinstance(run("operators", "remove", "ada@example.com").exception, NotFound)
    assert isinstance(run("operators", "remove", "operator").exception, NotAllowedNow)
    assert isinstance(run("operators", "role", "operator", "king").exception, ParameterError)


def test_a_link_for_a_new_password_is_the_only_owners_unless_somebody_is_named(operators: Operators) -> None:
    assert operators.choose_password(token_of(run("console-link")), PASSWORD) == "operator"
    operators.choose_password(token_of(run("operators", "add", "ada", "--role", "owner")), PASSWORD)
    refused = run("console-link").exception
    assert isinstance(refused, ParameterError)
    assert "several owners" in str(refused)
    assert operators.choose_password(token_of(run("console-link", "Ada")), PASSWORD) == "ada"
    assert isinstance(run("console-link", "eve").exception, NotFound)


def audit_lines() -> list[dict[str, str]]:
    return [json.loads(line) for line in run("audit", "--format", "jsonl").stdout.splitlines()]


def test_keys_that_the_shell_made_and_changed_are_in_the_audit_log_without_their_secrets(operators: Operators) -> None:
    made = json.loads(run("keys", "create", "acme", "--json").stdout)
    key = made["accessKey"]
    second = run("keys", "rotate", key).stdout.split()[-1]
    run("keys", "rotate", key, "--finish")
    run("keys", "revoke", key)
    assert isinstance(run("keys", "revoke", key).exception, NotFound)
    run("keys", "list")
    lines = audit_lines()
    assert [(line["kind"], line["action"], line["subject"], line["outcome"]) for line in reversed(lines)] == [
        ("shell", "key.create", f"name=acme access_key={key}", "done"),
        ("shell", "key.rotate", f"access_key={key}", "done"),
        ("shell", "key.finish", f"access_key={key}", "done"),
        ("shell", "key.revoke", f"access_key={key}", "done"),
    ]
    assert not [line for line in lines if made["secretKey"] in str(line) or second in str(line)]


def test_the_key_that_takes_the_place_of_the_commands_own_is_told(operators: Operators, tmp_path: Path) -> None:
    old = keep_local_key(tmp_path, open_accounts(load_settings()))
    run("keys", "revoke", old)
    new = json.loads((tmp_path / "local-key.json").read_text())["access_key"]
    assert [line["subject"] for line in audit_lines()] == [f"name=local access_key={new}", f"access_key={old}"]


def test_the_shell_is_in_the_audit_log_too(operators: Operators) -> None:
    run("operators", "add", "ada")
    run("operators", "remove", "ada")
    lines = audit_lines()
    assert [(line["kind"], line["action"], line["subject"]) for line in lines] == [
        ("shell", "operator.remove", "name=ada"),
        ("shell", "operator.invite", "name=ada role=viewer"),
    ]
    assert run("audit", "--format", "csv", "--action", "operator.rem").stdout.count("\n") == 2
    table = run("audit", "--since", "1h", "--limit", "1").stdout.splitlines()
    assert table[0].split() == ["at", "kind", "who", "action", "subject", "outcome", "address"]
    assert len(table) == 2
