"""Commands that call a running service: submit, follow, list and change tasks."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vodpull.cli import patience
from vodpull.cli.server_and_key import DEFAULT_SERVER, CaFile, Server, find_key, open_client
from vodpull.cli.sources import check_url, read_sources
from vodpull.cli.terminal.outcome_lines import print_outcome
from vodpull.cli.terminal.output import Json, print_json, print_line, print_table
from vodpull.clock import now_s
from vodpull.errors import ConfigurationError, NotFound
from vodpull.jobs.submission.pull_request_limits import MAX_ITEMS
from vodpull.request_signing import CNC, sign
from vodpull.wire_values import MD5_PATTERN

if TYPE_CHECKING:
    from vodpull.client import Batch, Client, Options, QueryReply, Source

SUCCEEDED = 2
"""`status`, `pullStatus` and `cmdStatus` of the wire contract."""

Task = Annotated[str, typer.Argument(help="Id from the reply of pullVideo.", metavar="TASK")]
Item = Annotated[int | None, typer.Option(help="Only this item, counted from 0.", min=0)]


def pull(
    sources: Annotated[
        list[str],
        typer.Argument(help="http or https URL; @FILE or - (standard input): one per line.", metavar="SOURCE"),
    ],
    md5: Annotated[str, typer.Option(help="Expected digest of the one source.")] = "",
    name: Annotated[str, typer.Option(help="File name of the one source.")] = "",
    template: Annotated[str, typer.Option(help="Template of the outputs.")] = "",
    trans_no: Annotated[str, typer.Option(help="Your own id of the request.")] = "",
    notify_url: Annotated[str, typer.Option(help="Where to post the final state.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Show progress until the end, then the result.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Nothing but the JSON: no progress.")] = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """
    Submit up to 50 sources to a running service, as one task.

    At a terminal the result is told in words; with --json, and where stdout is not a terminal, as JSON: the ids of the
    task, or with --wait the final pullVideoQuery reply. Progress goes to stderr.
    """
    urls = read_sources(sources)
    if len(urls) > MAX_ITEMS:
        remedy = "Split the list: `split -l 50 FILE part-`, then pull each part."
        raise ConfigurationError(f"{len(urls)} sources; a task has at most {MAX_ITEMS}", field="SOURCE", remedy=remedy)
    if len(urls) > 1 and (md5 or name):
        remedy = "Leave --md5 and --name away, or pull one source."
        raise ConfigurationError("--md5 and --name go with a single URL", field="--md5", remedy=remedy)
    if md5 and not re.fullmatch(MD5_PATTERN, md5):
        remedy = "Give the 32 hexadecimal digits that `md5sum FILE` prints."
        raise ConfigurationError(f"--md5 is {md5!r}, which is no md5", field="--md5", remedy=remedy)
    options: Options = {"template": template, "trans_no": trans_no, "notify_url": notify_url}
    for_people = sys.stdout.isatty() and not as_json
    with open_client(server, cacert) as client:
        # Our own API: its refusals are in one language, that of this command.
        batch = client.submit([_source(url, md5, name) for url in urls], **options)
    if not wait:
        _print_ids(batch, for_people=for_people)
        return
    with open_client(server, cacert, patience_s=patience.FOLLOWING_S) as client:
        final = client.wait(batch.batch_id) if as_json else _follow(client, batch.batch_id)
        if for_people:
            print_outcome(final, server)
        else:
            print_json(client.pull_video_query(task_id=batch.batch_id))
    raise typer.Exit(0 if final.succeeded else 1)


def _source(url: str, md5: str, name: str) -> Source:
    from vodpull.client import Source

    return Source(url=url, md5=md5, name=name)


def _print_ids(batch: Batch, *, for_people: bool) -> None:
    if for_people:
        typer.echo(f"task {batch.batch_id}: vodpull watch {batch.batch_id}")
    else:
        print_json({"taskId": batch.batch_id, "tranNo": batch.trans_no, "transNo": batch.trans_no})


def query(
    task_id: Annotated[str, typer.Option(help="Id from the reply of pullVideo.")] = "",
    trans_no: Annotated[str, typer.Option(help="Your own id of the request.")] = "",
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Print the pullVideoQuery reply of a task."""
    if not task_id and not trans_no:
        remedy = "`vodpull list` shows the tasks."
        raise ConfigurationError("give --task-id or --trans-no", field="--task-id", remedy=remedy)
    with open_client(server, cacert) as client:
        found = [client.query(task_id)] if task_id else client.list_batches(trans_no=trans_no, limit=1).batches
        if not found:
            raise NotFound(f"there is no task with this transNo: {trans_no}", field="--trans-no")
        print_json(client.pull_video_query(task_id=found[0].batch_id))


def show(task: Task, as_json: Json = False, cacert: CaFile = None, server: Server = DEFAULT_SERVER) -> None:
    """Show where a task is: a line per item with state, size, length and what to play or to do."""
    with open_client(server, cacert) as client:
        batch = client.query(task)
    if as_json:
        print_json(asdict(batch))
        return
    print_outcome(batch, server)


def watch(
    task: Task,
    as_json: Annotated[bool, typer.Option("--json", help="Print each state as one line of JSON.")] = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Show the progress of a task until it is final."""
    with open_client(server, cacert) as client:
        client.query(task)  # a task or a service that is not there is told at once
    with open_client(server, cacert, patience_s=patience.FOLLOWING_S) as client:
        last = _lines_of_json(client.watch(task)) if as_json else _follow(client, task)
    raise typer.Exit(0 if last.succeeded else 1)


def list_tasks(
    state: Annotated[Literal["running", "completed", "failed"] | None, typer.Option(help="Only these.")] = None,
    trans_no: Annotated[str, typer.Option(help="Only those with this id of yours.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=100)] = 20,
    as_json: Json = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """List tasks, newest first."""
    with open_client(server, cacert) as client:
        batches = client.list_batches(state=state, trans_no=trans_no, limit=limit).batches
    if as_json:
        print_json([asdict(batch) for batch in batches])
        return
    print_table(("task", "created (UTC)", "items", "state", "first file"), [_row(batch) for batch in batches])


def cancel(
    task: Task, item: Item = None, as_json: Json = False, cacert: CaFile = None, server: Server = DEFAULT_SERVER
) -> None:
    """Stop a task, or one item of it."""
    with open_client(server, cacert) as client:
        _show(client.cancel(task, item), as_json=as_json)


def retry(
    task: Task, item: Item = None, as_json: Json = False, cacert: CaFile = None, server: Server = DEFAULT_SERVER
) -> None:
    """Start failed and cancelled items again, and at once those that wait for their next try; or one of them."""
    with open_client(server, cacert) as client:
        _show(client.retry(task, item), as_json=as_json)


def delete(
    task: Task,
    item: Item = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Delete a task, or one item of it, with all its files."""
    what = task if item is None else f"item {item} of {task}"
    if not yes:
        typer.confirm(f"Delete {what} and its files for good?", abort=True, err=True)
    with open_client(server, cacert) as client:
        client.delete(task, item)
    typer.echo(f"{what} is deleted")


def replay(
    delivery_id: Annotated[str, typer.Argument(help="Id from /api/v1/batches/<id>/deliveries.")],
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Send a notification once more, now, under its old id."""
    with open_client(server, cacert) as client:
        print_json({"delivery_id": client.replay(delivery_id)})


def sign_request(
    url: Annotated[str, typer.Argument(help="Whole URL of the call.")],
    body: Annotated[str, typer.Option("--body", "-d", help="Body of the request.")] = "",
    method: Annotated[str, typer.Option("--method", "-X", help="HTTP method.")] = "POST",
    scheme: Annotated[str, typer.Option(help="CNC-HMAC-SHA256, WS3-HMAC-SHA256 or Basic.")] = CNC,
) -> None:
    """Print a signed curl command, valid for five minutes."""
    check_url(url)
    headers = sign(method, url, body.encode(), key=replace(find_key(), scheme=scheme), now_s=now_s())
    words = ["curl", "-sS", "-X", method]
    for header, value in headers.items():
        words += ["-H", f"{header}: {value}"]
    typer.echo(shlex.join([*words, *(["--data-binary", body] if body else []), url]))


def succeeded(reply: QueryReply) -> bool:
    """Return True when every item of a final reply was pulled and its command done."""
    statuses = [reply["data"]["status"]]
    for item in reply["data"]["items"]:
        statuses += [item["pullStatus"], item["cmdStatus"]]
    return all(status == SUCCEEDED for status in statuses)


def _follow(client: Client, task: str) -> Batch:
    from vodpull.cli.terminal.batch_progress import follow

    typer.echo(f"task {task}; Ctrl-C leaves it running: vodpull watch {task}", err=True)
    return follow(client.watch(task))


def _lines_of_json(states: Iterable[Batch]) -> Batch:
    for batch in states:
        print_line(asdict(batch))
    return batch


def _show(batch: Batch, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(batch))
        return
    rows = [(str(job.position), job.stage, job.error.code if job.error else "", job.file_name) for job in batch.jobs]
    print_table(("item", "stage", "error", "file"), rows)


def _row(batch: Batch) -> tuple[str, ...]:
    done = sum(job.succeeded for job in batch.jobs)
    failed = sum(job.is_final and not job.succeeded for job in batch.jobs)
    state = "running" if not batch.is_final else f"{failed} failed" if failed else "succeeded"
    created = datetime.fromtimestamp(batch.created_at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return batch.batch_id, created, f"{done}/{len(batch.jobs)}", state, batch.jobs[0].file_name if batch.jobs else ""
