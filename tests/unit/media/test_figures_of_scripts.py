"""Figures that stand twice because confined scripts import nothing from outside, and load only what they need."""

from __future__ import annotations

import ast
from pathlib import Path

import vodpull.media
from vodpull.media.confined.comparison.sound_comparison import LISTENED_S
from vodpull.media.verify.compared_instants import HALF_LISTENED_S

MEDIA = Path(vodpull.media.__file__).parent
TWICE = {
    "AROUND",
    "CLUSTER",
    "FAST",
    "HD_SHORT_SIDE_PX",
    "MAX_INDEX_BYTES",
    "MAX_RESYNCS",
    "SILENCE",
    "SYNC",
    "UNALIGNED",
}


def test_what_stands_in_two_scripts_or_in_a_script_and_outside_is_the_same() -> None:
    found: dict[str, list[str]] = {name: [] for name in TWICE}
    for module in MEDIA.rglob("*.py"):
        for statement in ast.parse(module.read_text()).body:
            for name, value in _pairs(statement):
                if name in TWICE:
                    found[name].append(value)
    assert all(len(values) > 1 for values in found.values()), found
    assert all(len(set(values)) == 1 for values in found.values()), found


def test_a_script_listens_to_what_its_orders_bring() -> None:
    assert HALF_LISTENED_S * 2 == LISTENED_S


def _pairs(statement: ast.stmt) -> list[tuple[str, str]]:
    """Return the names that a statement gives, and what they are: one, or several at once."""
    if not isinstance(statement, ast.Assign):
        return []
    [target], value = statement.targets, statement.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(map(ast.unparse, target.elts), map(ast.unparse, value.elts), strict=True))
    return [(ast.unparse(target), ast.unparse(value))]
