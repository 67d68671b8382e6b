"""`vodpull operators`, `vodpull console-link` and `vodpull audit`: the way back in for whoever has the machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from vodpull.accounts.operators import Operators
from vodpull.app.setup import open_people
from vodpull.cli.main import app
from vodpull.errors import NotAllowedNow, NotFound, ParameterError
from vodpull.settings import load_settings

PASSWORD = "a long password"


@pytest.fixture
def operators(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operators:
    """The operators of an installation with one owner."""
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


def test_the_shell_is_in_the_audit_log_too(operators: Operators) -> None:
    run("operators", "add", "ada")
    run("operators", "remove", "ada")
    lines = [json.loads(line) for line in run("audit", "--format", "jsonl").stdout.splitlines()]
    assert [(line["kind"], line["action"], line["subject"]) for line in lines] == [
        ("shell", "operator.remove", "name=ada"),
        ("shell", "operator.invite", "name=ada role=viewer"),
    ]
    assert run("audit", "--format", "csv", "--action", "operator.rem").stdout.count("\n") == 2
    table = run("audit", "--since", "1h", "--limit", "1").stdout.splitlines()
    assert table[0].split() == ["at", "kind", "who", "action", "subject", "outcome", "address"]
    assert len(table) == 2
