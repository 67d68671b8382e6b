"""How many threads the decoder of a source and the encoder of each rendition get. Pure."""

from __future__ import annotations

from vodpull.media.inspect.media_info import VideoStream

# The top rung is the long pole of the ladder: with a second thread the smaller ones do not wait for it. Where there
# are chunks to work on at the same time, one thread for each encoder is cheaper.
TOP_RUNG_THREADS = 2
# One decoder thread is several times as fast as the encoders up to 1080p; each further one costs processor time and
# memory, so a larger picture gets them by its size.
DECODER_THREAD_PX = 1920 * 1088
MAX_DECODER_THREADS = 4


def encoder_threads(*, many: bool, is_top: bool) -> int:
    """Return the threads of one encoder; `many`: of a film that has several chunks."""
    return TOP_RUNG_THREADS if is_top and not many else 1


def decoder_threads(video: VideoStream, *, many: bool) -> int:
    """Return the threads of the decoder of a chunk; `many`: of a film that has several chunks."""
    return 1 if many else min(-(-video.width_px * video.height_px // DECODER_THREAD_PX), MAX_DECODER_THREADS)
