"""Writes the pages of docs/reference/ from the code: settings, errors, every call. `docs-reference.py [FOLDER]`."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from vodpull.api.http.error_replies import WireCode, problem_of
from vodpull.errors import Fault, VodpullError, catalogue
from vodpull.media.tools.accepted import ACCEPTED, Accepted
from vodpull.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "reference"

# Held to the code by a test of its own.
OPENAPI = ROOT / "tests" / "data" / "openapi.json"

SETTINGS = """\
# Settings

Made from `src/vodpull/settings.py`. Each is an environment variable, or a line of `vodpull.toml` in the data folder
with the same name in lower case and without the prefix (`fetch_slots = 4`); the environment goes first. Lists are
separated by commas. A value that cannot be used stops the start, with the name of the variable, and so does a name that
is almost one of these, or an unknown line of `vodpull.toml`; `vodpull doctor` checks what they lead to. An object store
takes its keys from its own variables, such as `AWS_ACCESS_KEY_ID`.

| variable | default | meaning |
| --- | --- | --- |
"""

ERRORS = """\
# Errors

Made from `src/vodpull/errors/`. The catalogue is closed and a code never changes its meaning. It is what `/api/v1`,
the command line, the console and the metrics say; `GET /api/v1/errors` gives it as JSON. *May pass* means that vodpull
tries again before it gives up, and a client may, too. *Wire* is HTTP status and `code` where the error can be the
answer to a call of the wire contract; what happens to an item later is its `pullStatus` or `cmdStatus` 3.
"""

FORMATS = """\
# Containers and codecs

Made from `src/vodpull/media/tools/accepted.py`, the list of what is taken; `vodpull doctor` shows it for an
installation. Everything else is refused with `media_unsupported`: each entry is code that runs on hostile bytes.

What is marked *sandbox* is taken only where bubblewrap works. It was let in after 2000 mutated files
(`python -m tests.fuzz`): each went through the confined probe, and what that took (*decoded*) through FFmpeg's
decoder, with no crash, no hang, and nothing read from outside of the sandbox. The files are those that FFmpeg can
write; for WMA Pro, one of the tests of mutagen (`--sample`).

Not taken, because no file could be made to try them on: Sorenson Video 3, RealVideo 3 and 4, Cook and Sipr, On2 VP6,
Indeo. ProRes RAW is refused, too: it is no picture before a program of the camera's maker has developed it.
"""

KINDS = {"format": "Containers", "video": "Video", "audio": "Sound"}

FUZZED = ROOT / "tests" / "fuzz" / "counts.json"

FAULTS = {
    Fault.CLIENT: "The request",
    Fault.SOURCE: "The source",
    Fault.DESTINATION: "The receiver of notifications",
    Fault.SERVICE: "The installation",
}

LIMITS = {"minimum": "from", "maximum": "to", "minItems": "from", "maxItems": "to", "maxLength": "length up to"}

CALLS = """\
# Every call

Made from the OpenAPI document, which a running service gives at `/openapi.json` and shows at `/docs`. How to sign, and
what the two APIs are for: [The two APIs](../api.md).
"""


def main(folder: Path) -> None:
    """Write the pages."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {"settings": settings_page, "errors": errors_page, "formats": formats_page, "http": calls_page}
    for name, page in pages.items():
        (folder / f"{name}.md").write_text(page())


def settings_page() -> str:
    """Return the page of the settings."""
    meanings = field_docs(ROOT / "src" / "vodpull" / "settings.py", "Settings")
    rows = [
        f"| `{field.validation_alias or f'VODPULL_{name.upper()}'}` | {default_of(field)} | {cell(meanings[name])} |"
        for name, field in Settings.model_fields.items()
    ]
    return SETTINGS + "\n".join(rows) + "\n"


def field_docs(file: Path, kind: str) -> dict[str, str]:
    """Return the text below each field of a class."""
    classes = [node for node in ast.parse(file.read_text()).body if isinstance(node, ast.ClassDef)]
    [found] = [node for node in classes if node.name == kind]
    docs = {}
    for field, text in zip(found.body, found.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            docs[field.target.id] = " ".join(ast.literal_eval(text.value).split())
    return docs


def default_of(field: Any) -> str:
    """Return how a default is shown; those that are counted on the machine are named in the meaning."""
    default = field.default
    if default is PydanticUndefined:
        return "counted"
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if default in ("", ()):
        return "empty"
    if isinstance(default, tuple):
        default = ", ".join(default)
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def formats_page() -> str:
    """Return the page of what is taken."""
    counts = json.loads(FUZZED.read_text())
    return FORMATS + "".join(
        f"\n## {title}\n\n| what | FFmpeg's name | from | sandbox | mutated files, decoded |\n"
        "| --- | --- | --- | --- | --- |\n"
        + "".join(format_row(entry, counts) for entry in ACCEPTED if entry.kind == kind)
        for kind, title in KINDS.items()
    )


def format_row(entry: Accepted, counts: dict[str, dict[str, int]]) -> str:
    """Return the line of one container or codec."""
    own = counts.get(f"{entry.kind}:{entry.name}")
    fuzzed = f"{own['tried']}, {own['taken']}" if own else ""
    return f"| {entry.title} | `{entry.name}` | {entry.reason} | {'sandbox' if entry.boxed else ''} | {fuzzed} |\n"


def errors_page() -> str:
    """Return the page of the error catalogue."""
    return ERRORS + "".join(
        f"\n## {title}\n\n| code | what happened | what to do | wire |\n| --- | --- | --- | --- |\n"
        + "\n".join(error_row(kind) for kind in catalogue() if kind.fault is fault)
        + "\n"
        for fault, title in FAULTS.items()
    )


def error_row(kind: type[VodpullError]) -> str:
    """Return the row of one class."""
    problem = problem_of(kind.__new__(kind), language="en")
    wire = "" if problem.code == WireCode.INTERNAL else f"{problem.http_status:d} / {problem.code:d}"
    happened = f"{kind.__doc__} *May pass.*" if kind.retryable else str(kind.__doc__)
    return f"| `{kind.code}` | {cell(happened)} | {cell(kind.remedy)} | {wire} |"


def calls_page() -> str:
    """Return the page of the HTTP calls."""
    document = json.loads(OPENAPI.read_text())
    schemas = document["components"]["schemas"]
    calls = [
        call(f"{method.upper()} {path}", about, schemas)
        for path, methods in document["paths"].items()
        for method, about in methods.items()
    ]
    return CALLS + "".join(calls)


def call(name: str, about: dict[str, Any], schemas: dict[str, Any]) -> str:
    """Return the section of one call."""
    rows = [
        row(each["name"], each["in"], each["schema"] | {"description": each["description"]}, required=each["required"])
        for each in about.get("parameters", [])
    ]
    body = body_of(about, schemas)
    required = body.get("required", [])
    rows += [
        row(member, "body", deref(schema, schemas), required=member in required)
        for member, schema in body.get("properties", {}).items()
    ]
    table = ["", "| name | in | required | type | meaning |", "| --- | --- | --- | --- | --- |", *rows] if rows else []
    answers = ", ".join(f"`{status}`" for status in about["responses"])
    summary = about.get("description") or about["summary"]
    return "\n".join([f"\n## {name}\n", summary, *table, "", f"Answers: {answers}."]) + "\n"


def body_of(about: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of the JSON body of a call; empty when it takes none."""
    content = about.get("requestBody", {}).get("content", {})
    return deref(content.get("application/json", {}).get("schema", {}), schemas)


def deref(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Return a schema itself, where there is only a reference to it."""
    return schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def row(name: str, place: str, schema: dict[str, Any], *, required: bool) -> str:
    """Return the row of one parameter or member of the body."""
    meaning = schema.get("description", "")
    return f"| `{name}` | {place} | {'yes' if required else ''} | {cell(type_of(schema))} | {cell(meaning)} |"


def type_of(schema: dict[str, Any]) -> str:
    """Return a JSON schema in a few words."""
    if "$ref" in schema:
        return f"`{schema['$ref'].rpartition('/')[2]}`"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    choices = [type_of(choice) for key in ("anyOf", "oneOf") for choice in schema.get(key, [])]
    words = " or ".join(word for word in choices if word != "null") or str(schema.get("type", "any"))
    if schema.get("type") == "array":
        words = f"list of {type_of(schema.get('items', {}))}"
    limits = [f"{word} {schema[key]}" for key, word in LIMITS.items() if key in schema]
    return ", ".join([words, *limits])


def cell(text: str) -> str:
    """Return a text as one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else PAGES)
