"""`vodpull operators`: who may use the console. Works on the database, with or without a running service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vodpull.cli.server_and_key import DEFAULT_SERVER, Server
from vodpull.cli.terminal.output import Json, print_json, print_table

if TYPE_CHECKING:
    from vodpull.app.installation import People

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Operator.", metavar="NAME")]
Role = Annotated[str, typer.Argument(help="viewer, operator or owner.", metavar="ROLE")]


@app.command("list")
def list_operators(as_json: Json = False) -> None:
    """List the operators."""
    rows = [
        {
            "name": each.name,
            "role": each.role.value,
            "password": "yes" if each.has_password else "no",
            "twoFactor": "yes" if each.has_two_factor else "no",
            "openId": "yes" if each.is_external else "no",
        }
        for each in _people().operators.listed()
    ]
    if as_json:
        print_json(rows)
        return
    print_table(("name", "role", "password", "two-factor", "OpenID"), [tuple(row.values()) for row in rows])


@app.command("add")
def add_operator(
    name: Name,
    role: Annotated[str, typer.Option(help="viewer, operator or owner.")] = "viewer",
    server: Server = DEFAULT_SERVER,
) -> None:
    """Add an operator, and print the one-time link to choose a password, good for three days."""
    from vodpull.accounts.people.roles import read_role
    from vodpull.console import link_of
    from vodpull.settings import load_settings

    people = _people()
    token = people.operators.invite(name, read_role(role))
    people.tell("operator.invite", f"name={name} role={role}")
    typer.echo(link_of(token, load_settings().public_url or server))


@app.command("role")
def set_role(name: Name, role: Role) -> None:
    """Give an operator another role, in every session at once."""
    from vodpull.accounts.people.roles import read_role

    people = _people()
    people.operators.set_role(name.lower(), read_role(role))
    people.tell("operator.role", f"name={name} role={role}")
    typer.echo(f"{name} is {role}")


@app.command("remove")
def remove_operator(name: Name) -> None:
    """Remove an operator; its sessions end at once."""
    people = _people()
    people.operators.remove(name.lower())
    people.tell("operator.remove", f"name={name}")
    typer.echo(f"{name} is removed")


@app.command("reset-two-factor")
def reset_two_factor(name: Name) -> None:
    """Turn an operator's second factor off: the app is lost, or too many codes were wrong."""
    people = _people()
    people.operators.reset_two_factor(name.lower())
    people.tell("operator.reset_two_factor", f"name={name}")
    typer.echo(f"{name} gets in by the password alone")


def _people() -> People:
    from vodpull.app.installation import open_people, require_installation
    from vodpull.settings import load_settings

    settings = load_settings()
    require_installation(settings)
    return open_people(settings)
