"""`vodpull videos`: the library of an account, over a running service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn, TypeVar, cast

import typer

from vodpull.atomic import write_atomically
from vodpull.cli import patience
from vodpull.cli.library import captions, edits
from vodpull.cli.library.video_ids import VideoId, VideoIds
from vodpull.cli.library.video_output import HEADS, Told, row, show_all, show_one, summary, url_lines
from vodpull.cli.server_and_key import DEFAULT_SERVER, CaFile, Server, open_client
from vodpull.cli.terminal.durations import seconds_of
from vodpull.cli.terminal.output import Json, print_error, print_json, print_table, printable
from vodpull.errors import ConfigurationError, RequestError

if TYPE_CHECKING:
    from vodpull.client import Category, PlaybackTerms, Video, VideoChange, VideoFilters

Done = TypeVar("Done")

app = typer.Typer(no_args_is_help=True)
app.add_typer(captions.app, name="captions")

MAX_PAGE = 100
"""Videos that a page of a list has at most."""

State = Literal["enabled", "blocked"]
EncodeState = Literal["encoded", "not_encoded", "encoding", "failed"]
Origin = Literal["uploaded", "pulled", "clipped", "joined", "uploaded_by_sdk", "uploaded_by_tool"]
_DAYS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
"""How a day, or a moment of it, is written."""


@app.command("list")
def list_videos(
    search: Annotated[str, typer.Option(help="Only those with this in the name.")] = "",
    state: Annotated[State | None, typer.Option(help="Only these.")] = None,
    encode_state: Annotated[EncodeState | None, typer.Option(help="Only these.")] = None,
    origin: Annotated[Origin | None, typer.Option(help="Only those that came in this way.")] = None,
    category: Annotated[str, typer.Option(help="Only those with this label: NAME, PARENT/NAME or id.")] = "",
    since: Annotated[datetime | None, typer.Option(help="Created then or later (UTC).", formats=_DAYS)] = None,
    until: Annotated[datetime | None, typer.Option(help="Created then or before (UTC).", formats=_DAYS)] = None,
    sort: Annotated[Literal["newest", "oldest"], typer.Option(help="By time of creation.")] = "newest",
    limit: Annotated[int, typer.Option(help="At most so many; 0: all.", min=0)] = 20,
    as_json: Json = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """List videos."""
    asked: dict[str, str | int | None] = {
        "search": search,
        "state": state,
        "encode_state": encode_state,
        "origin": origin,
        "sort": sort,
        "created_from_ms": _ms(since) if since else None,
        "created_until_ms": _ms(_end_of(until)) if until else None,
    }
    with open_client(server, cacert) as client:
        if category:
            asked["category"] = node_of(category, client.categories())
        filters = cast("VideoFilters", {name: value for name, value in asked.items() if value is not None})
        page_size = min(limit or MAX_PAGE, MAX_PAGE)
        found = list(islice(client.videos(page_size=page_size, **filters), limit or None))
    if as_json:
        print_json([summary(video) for video in found])
        return
    print_table(HEADS, map(row, found))


@app.command()
def show(video: VideoId, as_json: Json = False, cacert: CaFile = None, server: Server = DEFAULT_SERVER) -> None:
    """Show everything about a video: states, labels, files with URLs, size, how it was made."""
    with open_client(server, cacert) as client:
        show_one(client.video(video), as_json=as_json)


@app.command()
def edit(
    video: VideoId,
    name: Annotated[str | None, typer.Option(help="Its name.")] = None,
    description: Annotated[str | None, typer.Option(help="Its description; '' takes it away.")] = None,
    category: Annotated[
        list[str] | None,
        typer.Option(help="Label that takes the place of its present ones: NAME, PARENT/NAME or id; may repeat."),
    ] = None,
    no_categories: Annotated[bool, typer.Option("--no-categories", help="Take all labels away.")] = False,
    publish_domain: Annotated[str | None, typer.Option(help="One of the service's; '': its default.")] = None,
    player_id: Annotated[str | None, typer.Option(help="A text of yours.")] = None,
    playback: Annotated[
        Literal["inherit", "public", "signed"] | None,
        typer.Option(help="Who may watch; inherit: as its template, the account or the installation says."),
    ] = None,
    as_json: Json = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Change the given properties of a video, and no others."""
    texts = {"name": name, "description": description, "publish_domain": publish_domain, "player_id": player_id}
    if playback is not None:
        texts["playback"] = own_word(playback)
    change = cast("VideoChange", {field: text for field, text in texts.items() if text is not None})
    if not change and not category and not no_categories:
        remedy = "`vodpull videos edit --help` names what can be changed."
        raise ConfigurationError("nothing to change", field="--name", remedy=remedy)
    with open_client(server, cacert) as client:
        if category or no_categories:
            tree = client.categories() if category else ()
            change["categories"] = [node_of(each, tree) for each in category or ()]
        show_one(client.edit_video(video, **change), as_json=as_json)


@app.command()
def block(videos: VideoIds, as_json: Json = False, cacert: CaFile = None, server: Server = DEFAULT_SERVER) -> None:
    """Keep anybody from playing videos: their files answer 403."""
    with open_client(server, cacert) as client:
        _end(*of_each(videos, client.block_video), as_json=as_json)


@app.command()
def enable(videos: VideoIds, as_json: Json = False, cacert: CaFile = None, server: Server = DEFAULT_SERVER) -> None:
    """Let blocked videos play again."""
    with open_client(server, cacert) as client:
        _end(*of_each(videos, client.enable_video), as_json=as_json)


@app.command()
def delete(
    videos: VideoIds,
    only_original: Annotated[bool, typer.Option("--only-original", help="Only what they were made from.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Delete videos with all their files, or only their originals."""
    if not yes:
        what = "the originals" if only_original else "all files"
        typer.confirm(f"Delete {what} of {', '.join(videos)} for good?", abort=True, err=True)
    with open_client(server, cacert) as client:

        def delete_one(video: str) -> None:
            client.delete_video(video, only_original=only_original)
            typer.echo(f"{'the original of ' if only_original else ''}{video} is deleted")

        raise typer.Exit(of_each(videos, delete_one)[1])


@app.command()
def encode(
    videos: VideoIds,
    template: Annotated[str, typer.Option(help="Template of the outputs; '': the service's default.")] = "",
    watermark: Annotated[str, typer.Option(help="Name of a watermark, or id of a picture, to burn in.")] = "",
    burn_in: Annotated[str, typer.Option(help="Id of a subtitle, a material, to draw into every picture.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Show progress until the end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Nothing but the JSON: no progress.")] = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Encode stored originals again; the present outputs play until the new ones are complete."""
    with open_client(server, cacert) as client:
        encode_one = partial(client.encode_video, template=template, watermark=watermark, burn_in=burn_in)
        started, code = of_each(videos, encode_one)
    if not wait:
        _end(started, code, as_json=as_json)
    with open_client(server, cacert, patience_s=patience.FOLLOWING_S) as client:
        ended = [client.wait_video(video.video_id, on_progress=None if as_json else Told()) for video in started]
    has_failed = any(video.encode_state == "failed" for video in ended)
    _end(ended, 1 if has_failed else code, as_json=as_json)


@app.command()
def still(
    video: VideoId,
    file: Annotated[Path | None, typer.Argument(help="Where the JPEG goes; without: VIDEO-SECONDS.jpg.")] = None,
    at: Annotated[float, typer.Option(min=0, help="Seconds from the start.")] = 0.0,
    width: Annotated[int | None, typer.Option(min=16, max=1920, help="Most pixels across.")] = None,
    poster: Annotated[bool, typer.Option("--poster", help="Show it for the video, and write no file.")] = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Take a picture of a video, or make one its poster."""
    with open_client(server, cacert) as client:
        if poster:
            typer.echo(client.set_poster(video, at=at).poster_url)
            return
        picture = client.still(video, at=at, width=width)
    target = file or Path(f"{video}-{at:g}.jpg")
    write_atomically(target, picture)
    typer.echo(printable(str(target)))


@app.command()
def url(
    video: VideoId,
    what: Annotated[
        Literal["playlist", "dash", "original", "poster", "storyboard", "mp4", "embed"],
        typer.Option("--what", help="Of what; mp4: one line for each definition; embed: HTML that plays it."),
    ] = "playlist",
    life: Annotated[str, typer.Option("--for", help="Signed, and good for so long: 90s, 30m, 2h, 7d.")] = "",
    address: Annotated[str, typer.Option(help="Signed, for this address or network alone.")] = "",
    referrer: Annotated[str, typer.Option(help="Signed, for pages of this host alone.")] = "",
    as_json: Json = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Print where a video is played: its playlist, or what there is instead; signed where the video wants it."""
    terms: PlaybackTerms = {"address": address, "referrer": referrer}
    if life:
        terms["for_s"] = seconds_of(life, field="--for")
    with open_client(server, cacert) as client:
        played = client.playback(video, **terms)
        if what == "original" and not played.original_url:
            terms["original"] = True
            played = client.playback(video, **terms)
    if as_json:
        print_json(asdict(played))
        return
    lines = url_lines(played, what)
    if not any(lines):
        remedy = f"`vodpull videos show {video}` lists what there is; `vodpull videos encode` makes more."
        raise ConfigurationError(f"the video has no {what}", field="--what", remedy=remedy)
    for line in lines:
        typer.echo(printable(line))


def own_word(playback: str) -> str:
    """Return what the API calls it; empty: as others say."""
    return "" if playback == "inherit" else playback


def of_each(videos: Sequence[str], act: Callable[[str], Done]) -> tuple[list[Done], int]:
    """Do something to every video and say of each that cannot be done why; return what was done and the exit code."""
    done, code = [], 0
    for video in videos:
        try:
            done.append(act(video))
        except RequestError as error:
            if error.retryable:
                raise
            print_error(error, about=video)
            code = 1
    return done, code


def _end(videos: Sequence[Video], code: int, *, as_json: bool) -> NoReturn:
    if videos or as_json:
        show_all(videos, as_json=as_json)
    raise typer.Exit(code)


def node_of(text: str, tree: Sequence[Category]) -> int:
    """
    Return the id of a label by its id, its name, or the names of its parent and itself.

    Raises:
        ConfigurationError: there is none, or there are several of this name.
    """
    names = {category.node_id: category.name for category in tree}

    def spellings(category: Category) -> set[str]:
        path = f"{names[category.parent_id]}/{category.name}" if category.parent_id in names else category.name
        return {str(category.node_id), category.name, path}

    fitting = [category.node_id for category in tree if text in spellings(category)]
    if len(fitting) != 1:
        why = f"{len(fitting)} labels are called {text}" if fitting else f"there is no label {text}"
        remedy = "`vodpull categories list` shows them; write PARENT/NAME or the id."
        raise ConfigurationError(why, field="--category", remedy=remedy)
    return fitting[0]


def _ms(at: datetime) -> int:
    return round(at.replace(tzinfo=UTC).timestamp() * 1000)


def _end_of(at: datetime) -> datetime:
    """Return the end of a day that was named without a time, else the moment itself."""
    is_day = (at.hour, at.minute, at.second) == (0, 0, 0)
    return at + timedelta(days=1, milliseconds=-1) if is_day else at


edits.register(app)
