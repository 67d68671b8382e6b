"""Clips and joins of videos: what is copied and what encoded, the commands, and the check of the result; no rungs."""

from vodpull.media.edit.assemble import (
    FLV_FILE,
    MP4_FILE,
    PLAYLIST_FILE,
    SEGMENTS,
    EditPieces,
    playlist,
    write_edit,
    write_flv,
)
from vodpull.media.edit.copy_obstacles import copy_obstacle
from vodpull.media.edit.edit_plan import EditPlan, plan_edit
from vodpull.media.edit.edit_proof import check_edit
from vodpull.media.edit.edit_request import Container, EditInput, EditOrder, EditSource
from vodpull.media.edit.picture_copy import copy_picture, describe_copy
from vodpull.media.edit.sound import make_sound

__all__ = [
    "FLV_FILE",
    "MP4_FILE",
    "PLAYLIST_FILE",
    "SEGMENTS",
    "Container",
    "EditInput",
    "EditOrder",
    "EditPieces",
    "EditPlan",
    "EditSource",
    "check_edit",
    "copy_obstacle",
    "copy_picture",
    "describe_copy",
    "make_sound",
    "plan_edit",
    "playlist",
    "write_edit",
    "write_flv",
]
