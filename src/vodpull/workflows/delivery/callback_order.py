"""Which callback of a video goes out first: that of its upload, before that of its encode."""

from __future__ import annotations

import asyncio

from vodpull.jobs.notices.deliveries import Deliveries, Delivery
from vodpull.videos.callback_addresses import CallbackKind

UPLOAD_FIRST_S = 10.0
"""As long as the news of an encode waits for that of the upload: as much as one attempt takes at most."""

LOOK_S = 0.1


async def let_upload_go_first(deliveries: Deliveries, delivery: Delivery) -> None:
    """Wait until it was tried to tell of a video's arrival, before its encode is told of."""
    if delivery.kind != CallbackKind.TRANSCODE:
        return
    for _ in range(int(UPLOAD_FIRST_S / LOOK_S)):
        if not await asyncio.to_thread(deliveries.is_untried, delivery, CallbackKind.VIDEO_UPLOAD):
            return
        await asyncio.sleep(LOOK_S)
