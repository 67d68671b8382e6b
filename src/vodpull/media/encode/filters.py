"""The filter graph of an encode: what happens to picture and sound between decoder and encoders. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import groupby, pairwise

from vodpull.media.inspect.media_info import STEREO
from vodpull.media.plan.burnt_in.burnt_text import BurntText
from vodpull.media.plan.burnt_in.watermark_place import Watermark, place_watermark
from vodpull.media.plan.picture_conversion import Picture
from vodpull.media.plan.sound.sound_plans import SoundPlan

# The output's colours, in the words of the filter: matrix, transfer, primaries, range.
BT709_OUT = "m=bt709:t=bt709:p=bt709:r=tv"
# As sharp as FFmpeg's own scaler, within 0.3 points of VMAF at every step: the default here is softer, which costs the
# smallest picture four.
SHARP = "f=bicubic:param_a=0:param_b=0.62"
STEREO_SAMPLES = "aformat=sample_fmts=fltp:channel_layouts=stereo"
# Starts at 0 like the picture and fills gaps with silence, so that both stay in step; also short gaps, which would
# add up before the filter's own limit of 100 ms.
RESAMPLE = "aresample=48000:async=1:min_hard_comp=0.03:first_pts=0"
# From our renditions to a JPEG file, which has this one matrix and range and cannot say so (JFIF).
JPEG_OUT = "min=bt709:rin=tv:m=bt470bg:r=full"


def picture_graph(
    picture: Picture,
    sizes: Sequence[tuple[int, int]],
    frames: range,
    *,
    watermark: Watermark | None = None,
    text: BurntText | None = None,
) -> str:
    """
    Return the graph from the decoded picture to one labelled output `[v0]`, `[v1]`, … for each size, largest first.

    A size may come several times, for several codecs: it is scaled once.
    Of the grid of the output, the frames with these numbers come out, counted from 0 anew.
    The picture of a watermark and the script of a text lie in the working folder.
    """
    # FFmpeg itself has turned the picture upright before this point.
    fitted = _fitting(picture, sizes[0], frames) if picture.fit else []
    head = ",".join([*_timing(picture, frames), *fitted, *_conversion(picture, sizes[0])])
    chains = [f"[0:{picture.stream_index}]{head}"]
    groups = [list(group) for _, group in groupby(range(len(sizes)), key=sizes.__getitem__)]
    burnt = []
    for group, following in pairwise([*groups, []]):
        outputs = [f"[v{number}]" for number in group]
        if watermark or text:
            # After scaling and apart from what goes on to the next size, so that nothing is burnt in twice.
            overlay = _overlay(watermark, sizes[group[0]], group[0]) if watermark else ""
            steps = [*filter(None, [overlay]), *(_drawing(text, sizes[0], frames) if text else ())]
            burnt.append(f"[p{group[0]}]{','.join(steps)}{_split(outputs)}")
            outputs = [f"[p{group[0]}]"]
        if following:
            outputs.append(f"[c{following[0]}]")
        chains[-1] += _split(outputs)
        if following:
            width, height = sizes[following[0]]
            # From the next larger picture: half the work of scaling each from the source, no visible difference.
            chains.append(f"[c{following[0]}]zscale=w={width}:h={height}:{SHARP},setsar=1")
    marks = _watermarks(watermark, picture, {group[0]: sizes[group[0]] for group in groups}) if watermark else []
    return ";".join([*chains, *marks, *burnt])


def _overlay(watermark: Watermark, size: tuple[int, int], number: int) -> str:
    place = place_watermark(watermark, size)
    return f"[m{number}]overlay=x={place.left_px}:y={place.top_px}"


def _drawing(text: BurntText, size: tuple[int, int], frames: range) -> Iterator[str]:
    """Give the steps that draw a text, by the times of the film; `size` is that of the largest picture."""
    yield f"setpts=PTS+{frames.start}"
    yield draw(text, size)
    yield f"setpts=PTS-{frames.start}"


def draw(text: BurntText, size: tuple[int, int], *, alpha: bool = False) -> str:
    """Return the filter that draws a text whose looks are made for pictures of a size; `alpha`: onto nothing."""
    return f"ass=filename={text.name}:original_size={size[0]}x{size[1]}{':alpha=1' if alpha else ''}"


def _watermarks(watermark: Watermark, picture: Picture, sizes: Mapping[int, tuple[int, int]]) -> list[str]:
    """Return the chains from the file of a watermark to one output `[m0]`, … for each size."""
    still = watermark.still
    head = [
        # A part of the graph, not an input: where the source makes the graph begin anew, so does the picture.
        f"movie=filename={still.name}:format_name={still.kind}_pipe",
        # Steps of its clock would be steps of the output's.
        f"settb={1 / Fraction(picture.rate)}",
        # What is transparent has a colour, too, which must not bleed into the rest when it is scaled.
        f"format=gbrap,colorchannelmixer=aa={watermark.opacity:.3f},premultiply=inplace=1",
    ]
    chains = [",".join(head) + _split([f"[s{number}]" for number in sizes])]
    for number, size in sizes.items():
        place = place_watermark(watermark, size)
        chains.append(
            f"[s{number}]scale=w={place.width_px}:h={place.height_px}:flags=area,unpremultiply=inplace=1,"
            f"scale=out_color_matrix=bt709:out_range=tv,format=yuva420p[m{number}]"
        )
    return chains


def _split(outputs: Sequence[str]) -> str:
    return "".join((f",split={len(outputs)}" if len(outputs) > 1 else "", *outputs))


def _timing(picture: Picture, frames: range) -> list[str]:
    steps = []
    if picture.deinterlace:
        # One frame from each pair of fields; frames that are marked progressive pass untouched.
        steps.append("bwdif=mode=send_frame:deint=interlaced")
    # Before anything costly and before the split: all rungs get the same frames, and the first one is at 0. The grid
    # begins at 0 in every chunk, filled up to where its decoding began: so each frame is the same in any chunk.
    steps.append(f"fps=fps={picture.rate}:start_time=0")
    if picture.hold_frames:
        steps.append(f"tpad=stop_mode=clone:stop={picture.hold_frames}")
    # Times are numbers of frames here. It also ends the work, whatever the timestamps of the source claim.
    steps.append(f"trim=start_pts={frames.start}:end_pts={frames.stop},setpts=PTS-{frames.start}")
    if picture.crop_odd and not picture.fit:
        steps.append("crop=w=floor(iw/2)*2:h=floor(ih/2)*2:x=0:y=0")
    return steps


def _conversion(picture: Picture, size: tuple[int, int]) -> list[str]:
    """Return the steps to the best rung: its size, square pixels, 8 bit, BT.709."""
    scale = f"zscale=w={size[0]}:h={size[1]}:{SHARP}"
    # Said in full, because a conversion from `unspecified` is refused.
    source = f"min={picture.matrix}:tin={picture.transfer}:pin={picture.primaries}:rin={picture.range}"
    # Hides the steps of 8-bit gradients.
    dither = ":d=error_diffusion" if picture.deep else ""
    square = ["format=yuv420p", "setsar=1"]
    if not picture.hdr:
        return [f"{scale}:{source}:{BT709_OUT}{dither}", *square]
    return [
        # Light is mapped in linear float RGB; 100 nits is the white of standard range.
        f"{scale}:{source}:t=linear:npl=100",
        "format=gbrpf32le",
        "zscale=p=bt709",
        "tonemap=hable:desat=0",
        f"zscale={BT709_OUT}{dither}",
        *square,
        # The mastering data describe the HDR picture that no longer exists.
        "sidedata=mode=delete",
    ]


def _fitting(picture: Picture, size: tuple[int, int], frames: range) -> list[str]:
    """Return the steps that put each picture into a frame as a player would, whatever its own shape."""
    rate = Fraction(picture.rate)
    across = down = ""
    following_s = 0.0
    for start_s, aspect in reversed(picture.fit):
        width, height = _inside(size, aspect)
        # Times begin with the first of the frames; a picture lies within half a frame of its own.
        until_s = following_s - float((frames.start + Fraction(1, 2)) / rate)
        across = f"if(lt(t,{until_s:.4f}),{width},{across})" if across else str(width)
        down = f"if(lt(t,{until_s:.4f}),{height},{down})" if down else str(height)
        following_s = start_s
    return [
        # Only this scaler follows pictures that change their size.
        f"scale=w='{across}':h='{down}':eval=frame:flags=bicubic",
        f"pad=w={size[0]}:h={size[1]}:x=-1:y=-1:eval=frame",
        "setsar=1",
    ]


def _inside(size: tuple[int, int], aspect: float) -> tuple[int, int]:
    """Return the largest even size of this shape inside another one."""
    width, height = size
    if aspect * height >= width:
        return width, min(height, max(2, 2 * round(width / aspect / 2)))
    return min(width, max(2, 2 * round(height * aspect / 2))), height


def sound_chain(sound: SoundPlan, *, label: str) -> str:
    """Return the graph from one decoded sound track to `[label]`."""
    # Sums of channels that are whole numbers would clip before anything can limit them.
    layout = "stereo" if sound.channels == STEREO else "5.1"
    steps = [RESAMPLE, "aformat=sample_fmts=fltp", sound.mix, f"aformat=sample_fmts=fltp:channel_layouts={layout}"]
    return f"[0:{sound.index}]{','.join(step for step in [*steps, sound.filters] if step)}[{label}]"
