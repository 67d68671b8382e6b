"""
Which tracks a source must have: a moving picture, or sound alone where the template publishes it; sound that decodes.

How small a picture may be: `ladder.py`. Which tracks of a file count at all: `confined/source/tracks.py`. Pure.
"""

from __future__ import annotations

from vodpull.errors import MediaUnsupported, NoVideo
from vodpull.media.inspect.media_info import MediaInfo
from vodpull.media.inspect.source_warnings import lost_codecs, sound_is_lost
from vodpull.media.plan.template import Template


def check_source(info: MediaInfo, template: Template) -> None:
    """
    Refuse a source that nothing can be made of by a template.

    Raises:
        NoVideo: there is no moving picture, and the template does not publish sound alone.
        MediaUnsupported: none of its sounds can be decoded, and the template wants no silent films in their place.
    """
    check_picture(info, template)
    if sound_is_lost(info) and template.audio.undecodable == "fail":
        raise MediaUnsupported(f"the sound cannot be decoded: {lost_codecs(info)}")


def check_picture(info: MediaInfo, template: Template) -> None:
    """
    Refuse a source without a moving picture, unless a template has a rendition for its sound alone.

    Raises:
        NoVideo: as `check_source` says.
    """
    if info.video is None and not (info.audio and template.audio_only and template.fallback):
        raise NoVideo("the file has no moving picture")
