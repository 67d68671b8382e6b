"""The OpenAPI document is frozen: a change of the contract shows up as a change of the golden file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from vodpull.api.application import create_api, status_query_of
from vodpull.api.http.context import ApiContext
from vodpull.api.http.keys.authentication import Access

GOLDEN = Path(__file__).resolve().parents[2] / "data" / "openapi.json"

SWITCH = "VODPULL_TEST_WRITE_GOLDEN"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    nothing: Any = None  # describing the API calls none of its parts
    parts = dict.fromkeys(ApiContext.__dataclass_fields__, nothing)
    parts |= {"access": Access(lambda _: None, limit=nothing, is_first=lambda _: True), "language": "en", "compat": ()}
    context = ApiContext(**parts)
    described = create_api(context, status_query_of(context)).openapi()
    described["info"]["version"] = "any"  # a release alone does not change the contract
    return described


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in document["paths"].values() for operation in path.values()]


def test_the_document_is_the_golden_one(document: dict[str, Any]) -> None:
    if os.environ.get(SWITCH):
        GOLDEN.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    golden = json.loads(GOLDEN.read_text())
    assert document == golden, f"if the contract was meant to change: {SWITCH}=1 pytest {Path(__file__).name}"


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")


def test_every_operation_has_an_id_of_its_own_and_a_description(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for operation in operations(document)]
    assert len(ids) == len(set(ids)) >= 20
    silent = [operation["operationId"] for operation in operations(document) if not operation.get("description")]
    assert silent == []


def test_every_operation_of_the_own_api_needs_a_key_except_the_catalogue(document: dict[str, Any]) -> None:
    own = {
        operation["operationId"]: operation.get("security")
        for path, methods in document["paths"].items()
        for operation in methods.values()
        if path.startswith("/api/v1/")
    }
    assert {name for name, security in own.items() if not security} == {"listErrors"}


def test_answers_of_the_own_api_have_no_defaults(document: dict[str, Any]) -> None:
    """A member that is always there is easier to read than one that may be."""
    for name, schema in document["components"]["schemas"].items():
        if name.endswith(("Reply", "Page")) and not name.startswith(("Pull", "Query", "Wire")):
            assert sorted(schema["required"]) == sorted(schema["properties"]), name


def test_every_member_of_the_own_api_is_described(document: dict[str, Any]) -> None:
    wire = {
        name
        for name in document["components"]["schemas"]
        if name.startswith(("Pull", "Query", "Task", "Video", "HTTP", "Wire"))
    }
    silent = [
        f"{name}.{member}"
        for name, schema in document["components"]["schemas"].items()
        for member, described in schema.get("properties", {}).items()
        if name not in wire and name != "ValidationError" and "description" not in described
    ]
    assert silent == []


def test_every_parameter_is_described(document: dict[str, Any]) -> None:
    silent = [
        f"{operation['operationId']}: {parameter['name']}"
        for operation in operations(document)
        for parameter in operation.get("parameters", ())
        if not parameter.get("description")
    ]
    assert silent == []
