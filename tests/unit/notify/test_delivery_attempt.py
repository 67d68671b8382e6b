from __future__ import annotations

import json

import aiohttp
import yarl

from vodpull.notify import INSPECTOR_URL, post


class NoNetwork:
    def check_url(self, url: str) -> yarl.URL:
        raise AssertionError(url)

    def session(self, url: yarl.URL, *, timeout: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
        raise AssertionError(url, timeout)


async def test_the_built_in_receiver_answers_without_network_with_what_it_got() -> None:
    reply = await post(f"{INSPECTOR_URL}any", "body", {"webhook-id": "1"}, guard=NoNetwork())
    assert (reply.status, reply.error, json.loads(reply.response_head)) == (200, "", {"webhook-id": "1"})
