"""How commands are told which videos are meant."""

from __future__ import annotations

from typing import Annotated

import typer

VideoId = Annotated[str, typer.Argument(help="Id of the video.", metavar="VIDEO")]
VideoIds = Annotated[list[str], typer.Argument(help="Ids of videos.", metavar="VIDEO...")]
