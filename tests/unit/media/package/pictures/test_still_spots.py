from __future__ import annotations

import pytest

from vodpull.media.package.pictures.stills import Variant, choose_variant, find_spot, still_size

MULTIVARIANT = """#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="en",DEFAULT=YES,URI="v-a1.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=900000,CODECS="avc1.64001e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=29.970,AUDIO="sound"
v-01.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=800000,CODECS="av01.0.08M.08,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="sound"
v-av1-02.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2900000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="sound"
v-02.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=128000,CODECS="mp4a.40.2",AUDIO="sound"
v-a1.m3u8
"""
LD = Variant(playlist="v-01.m3u8", width_px=640, height_px=360, frame_rate=29.970)
SEGMENTS = "".join(f"#EXTINF:{4.004 if number < 3 else 1.001},\nv/01/{number:05d}.m4s\n" for number in (1, 2, 3))
PLAYLIST = f'#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-MAP:URI="v/01/init.mp4"\n{SEGMENTS}'


@pytest.mark.parametrize(
    ("width_px", "playlist"),
    [(None, "v-02"), (1920, "v-02"), (1280, "v-02"), (641, "v-02"), (640, "v-01"), (16, "v-01")],
)
def test_the_smallest_rendition_that_is_wide_enough_is_taken(width_px: int | None, playlist: str) -> None:
    found = choose_variant(MULTIVARIANT, width_px=width_px)
    assert found is not None
    assert found.playlist == f"{playlist}.m3u8"


def test_sound_alone_has_no_picture() -> None:
    assert choose_variant('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9,CODECS="mp4a.40.2"\nv.m3u8\n', width_px=1) is None


@pytest.mark.parametrize(
    ("at_s", "segment", "frame"),
    [
        (0.0, 1, 0),
        (0.033, 1, 0),
        (1 * 1001 / 30000, 1, 1),
        (4.0039, 1, 119),
        (4.004, 2, 0),
        (8.008, 3, 0),
        (9.008, 3, 29),
        (9.009, 3, 29),
        (99.0, 3, 29),
    ],
)
def test_an_instant_is_a_picture_of_a_segment(at_s: float, segment: int, frame: int) -> None:
    found = find_spot(f"{PLAYLIST}#EXT-X-ENDLIST\n", LD, at_s)
    assert found is not None
    assert (found.files, found.frame) == (("v/01/init.mp4", f"v/01/{segment:05d}.m4s"), frame)


def test_what_is_not_there_yet_has_no_picture() -> None:
    assert find_spot(PLAYLIST, LD, 8.5) is not None
    assert find_spot(PLAYLIST, LD, 9.5) is None
    assert find_spot("#EXTM3U\n#EXT-X-TARGETDURATION:4\n", LD, 0.0) is None


def test_a_still_is_even_and_never_larger() -> None:
    assert still_size((1280, 720), None) == still_size((1280, 720), 1920) == (1280, 720)
    assert still_size((1280, 720), 335) == (334, 188)
    assert still_size((16, 4000), 16) == (16, 4000)
