"""
The commands, with where each of them is; loaded when it is asked for, and no other.

A command's own module has its parameters and its whole help text. What stands here is what a list of all commands
needs, so that neither the list nor a command waits for the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup


class Listed(NamedTuple):
    """Where a command is."""

    module: str
    """Below `vodpull.cli`."""
    function: str | None
    """None: the module's `app` is a group of commands."""
    summary: str
    """What a command's help begins with; all the help of a group."""


COMMANDS: Mapping[str, Listed] = {
    "serve": Listed("machine.service", "serve", "Run the service: API and workers, or one of the two."),
    "doctor": Listed("machine.service", "doctor", "Check everything that vodpull needs, with a fix for each."),
    "demo": Listed("machine.service", "demo", "Run the main job on the sample clip, in a fresh data folder."),
    "console-link": Listed(
        "machine.service", "console_link", "Print a one-time link to choose an operator's password."
    ),
    "pull": Listed("tasks", "pull", "Submit up to 50 sources to a running service, as one task."),
    "query": Listed("tasks", "query", "Print the pullVideoQuery reply of a task."),
    "watch": Listed("tasks", "watch", "Show the progress of a task until it is final."),
    "show": Listed("tasks", "show", "Show where a task is."),
    "list": Listed("tasks", "list_tasks", "List tasks, newest first."),
    "cancel": Listed("tasks", "cancel", "Stop a task, or one item of it."),
    "retry": Listed("tasks", "retry", "Start failed and cancelled items again."),
    "delete": Listed("tasks", "delete", "Delete a task, or one item of it, with all its files."),
    "replay": Listed("tasks", "replay", "Send a notification once more, now, under its old id."),
    "sign": Listed("tasks", "sign_request", "Print a signed curl command, valid for five minutes."),
    "upload": Listed("library.uploads", "upload", "Send local files to a running service; each becomes a video."),
    "backup": Listed(
        "machine.recovery", "backup", "Write database, keys, settings and templates of the data folder to a new file."
    ),
    "restore": Listed("machine.recovery", "restore", "Unpack a backup into the data folder, which must be empty."),
    "rebuild": Listed("machine.recovery", "rebuild", "Rebuild the database from the manifests in the store."),
    "audit": Listed("machine.audit", "print_log", "Print the audit log, the newest first."),
    "export": Listed("library.export", "export", "Write the library, oldest video first."),
    "keys": Listed("machine.keys", None, "Access keys: who may call."),
    "operators": Listed("machine.operators", None, "Operators: who may use the console."),
    "videos": Listed("library.videos", None, "The videos of an account."),
    "categories": Listed("library.categories", None, "Labels of videos: a tree of two levels."),
    "callbacks": Listed("library.callbacks", None, "Where the account is told of its videos."),
    "playback": Listed(
        "library.playback", None, "Who may watch the account's videos, and the keys that sign for them."
    ),
    "materials": Listed("library.materials", None, "Pictures, subtitles and sound of an account."),
    "import": Listed(
        "library.imports", None, "A whole library comes along from elsewhere, once, and goes on after a break."
    ),
}


class AllCommands(TyperGroup):
    """The group of all commands."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings | {"commands": _Loading()})

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - of the base class
        """Return the names, in the order of the help text."""
        return list(COMMANDS)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of the commands, from what stands here alone."""
        named: dict[str, Any] = {name: TyperCommand(name, help=listed.summary) for name, listed in COMMANDS.items()}
        TyperGroup(commands=named).format_commands(ctx, formatter)


class _Loading(Mapping[str, Any]):
    """The commands by name, each built when it is taken."""

    def __getitem__(self, name: str) -> Any:
        return _load(name, COMMANDS[name])

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


@cache
def _load(name: str, listed: Listed) -> Any:
    module = import_module(f"vodpull.cli.{listed.module}")
    holder = typer.Typer(rich_markup_mode=None)
    if listed.function is None:
        holder.add_typer(module.app, name=name, help=listed.summary)
    else:
        holder.command(name)(getattr(module, listed.function))
    return typer.main.get_group(holder).commands[name]
