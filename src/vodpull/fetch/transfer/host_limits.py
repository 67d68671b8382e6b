"""
How many requests one host gets from this process at once, and how soon after each other.

How many a second says the setting `host_requests_per_s`.
"""

from __future__ import annotations

import asyncio
import copy
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from threading import Lock

# Hosts remembered although nothing is under way to them; more are forgotten, so that many hosts cost no memory.
_MAX_IDLE_HOSTS = 1024
# Seconds' worth of requests that may start at once after a quiet time, for example the first segments of a playlist.
_BURST_S = 1.0
# Seconds between two requests to a host that has too much to do: from the first time it says so, and at most.
_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 2.0
# Of each pause after an answer that is none of these.
_RECOVERY = 0.9
# Seconds in which a host that is too busy says so for one reason.
_SAME_S = 0.5


@dataclass(frozen=True, eq=False)
class _Waiter:
    """One caller that waits for a place."""

    account: str
    future: asyncio.Future[None]


@dataclass(frozen=True, kw_only=True)
class _Slowed:
    """How one account asks a host that was too busy."""

    pause_s: float
    refused_s: float
    """When it last said so, by the monotonic clock."""


@dataclass(kw_only=True)
class _Host:
    open_of: Counter[str] = field(default_factory=Counter)
    """Places taken by each account."""
    waiting: list[_Waiter] = field(default_factory=list)
    """In the order in which they came."""
    next_s: float = 0.0
    """When the next request would start if all were evenly spaced, by the monotonic clock."""

    def is_idle(self, now_s: float) -> bool:
        return not self.open_of.total() and not self.waiting and self.next_s <= now_s


class HostLimits:
    """
    Caps for each host name, shared by all downloads of the process.

    Whose account has the fewest places is let in first, and among those whoever came first. The last place of a host is
    kept for an account that has none there, if there is one. May be used from several event loops.
    """

    def __init__(self, *, connections_per_host: int = 8, requests_per_s: float = 100) -> None:
        self._all_connections = self._connections = connections_per_host
        self._all_requests_per_s = requests_per_s
        self._interval_s = 1 / requests_per_s
        self._hosts: dict[str, _Host] = {}
        self._lock = Lock()
        self._held_until_s: dict[str, float] = {}
        self._slowed: dict[str, _Slowed] = {}
        self._account = ""
        self._accounts: dict[str, HostLimits] = {}

    def of_account(self, account_id: str) -> HostLimits:
        """Return the same caps as one account meets them: what a host asks of it holds up nobody else."""
        with self._lock:
            if account_id not in self._accounts:
                own = copy.copy(self)
                own._account = account_id  # noqa: SLF001 - of this class
                own._held_until_s, own._slowed = {}, {}  # noqa: SLF001 - as above
                self._accounts[account_id] = own
            return self._accounts[account_id]

    def share(self, processes: int) -> None:
        """Take an equal part of the caps, because so many processes fetch; at least one connection stays for each."""
        with self._lock:
            for limits in (self, *self._accounts.values()):
                limits._connections = max(1, self._all_connections // processes)  # noqa: SLF001 - as above
                limits._interval_s = processes / self._all_requests_per_s  # noqa: SLF001 - as above

    @asynccontextmanager
    async def enter(self, host: str) -> AsyncIterator[None]:
        """Wait until a request to the host may start; it counts as open until the block ends."""
        await asyncio.sleep(self._held_until_s.get(host, 0.0) - time.monotonic())  # without a place that others want
        await self._take_place(host)
        try:
            await asyncio.sleep(self._claim_start(host))
            yield
        finally:
            self._leave(host)

    def try_enter(self, host: str) -> bool:
        """Tell whether one more connection may be opened just now, nobody waiting; True takes a place: `leave` it."""
        with self._lock:
            state = self._state_of(host)
            now_s = time.monotonic()
            is_held = self._held_until_s.get(host, 0.0) > now_s
            if state.waiting or is_held or not self._has_place(state, self._account):
                return False
            state.open_of[self._account] += 1
            return True

    def leave(self, host: str) -> None:
        """Give back the place that `try_enter` took."""
        self._leave(host)

    async def pace(self, host: str) -> None:
        """Wait until another request may start on a place that is held already."""
        await asyncio.sleep(self._claim_start(host))

    def hold(self, host: str, wait_s: float) -> None:
        """Let no request of this account start for so long: the host asked for it."""
        now_s = time.monotonic()
        with self._lock:
            if len(self._held_until_s) > _MAX_IDLE_HOSTS:
                for name in [name for name, until_s in self._held_until_s.items() if until_s <= now_s]:
                    del self._held_until_s[name]
            self._held_until_s[host] = max(self._held_until_s.get(host, 0.0), now_s + wait_s)

    def note(self, host: str, *, is_busy: bool) -> None:
        """Ask a host that is too busy half as often for this account, and more often after every other answer."""
        with self._lock:
            known = self._slowed.pop(host, None)
            if is_busy:
                self._slowed[host] = _slowed_further(known, now_s=time.monotonic())
                if len(self._slowed) > _MAX_IDLE_HOSTS:
                    del self._slowed[next(iter(self._slowed))]
            elif known is not None and known.pause_s > self._interval_s:
                self._slowed[host] = replace(known, pause_s=known.pause_s * _RECOVERY)

    async def _take_place(self, host: str) -> None:
        turn = _Waiter(self._account, asyncio.get_running_loop().create_future())
        with self._lock:
            state = self._state_of(host)
            state.waiting.append(turn)
            self._let_in(state)
            if turn not in state.waiting:
                return
        try:
            await turn.future
        except asyncio.CancelledError:
            self._give_up(host, turn)
            raise

    def _give_up(self, host: str, turn: _Waiter) -> None:
        with self._lock:
            waiting = self._hosts[host].waiting
            if turn in waiting:
                waiting.remove(turn)
                return
        self._leave(host)  # the place was passed on to a caller that is no longer there

    def _leave(self, host: str) -> None:
        with self._lock:
            state = self._hosts[host]
            state.open_of[self._account] -= 1
            state.open_of += Counter()  # forgets accounts without a place
            self._let_in(state)

    def _let_in(self, state: _Host) -> None:
        """Give the places that are free to those who wait."""
        while may := [turn for turn in state.waiting if self._has_place(state, turn.account)]:
            turn = min(may, key=lambda turn: state.open_of[turn.account])
            state.waiting.remove(turn)
            state.open_of[turn.account] += 1
            turn.future.get_loop().call_soon_threadsafe(_tell, turn.future)

    def _has_place(self, state: _Host, account: str) -> bool:
        """Tell whether there is a place for one more request of an account."""
        is_kept = state.open_of[account] > 0 and len(state.open_of) < len(self._accounts)
        return state.open_of.total() < max(1, self._connections - is_kept)

    def _claim_start(self, host: str) -> float:
        """Return the seconds until the request may start, which is then taken into account for the next one."""
        with self._lock:
            state = self._state_of(host)
            now_s = time.monotonic()
            start_s = max(now_s, state.next_s - _BURST_S)
            state.next_s = max(state.next_s, start_s) + self._interval_s
            held_until_s, slowed = self._held_until_s.get(host, 0.0), self._slowed.get(host)
            if held_until_s > start_s or slowed:
                start_s = max(start_s, held_until_s)
                self._held_until_s[host] = start_s + max(self._interval_s, slowed.pause_s if slowed else 0.0)
            return start_s - now_s

    def _state_of(self, host: str) -> _Host:
        if host not in self._hosts:
            if len(self._hosts) > _MAX_IDLE_HOSTS:
                now_s = time.monotonic()
                for name in [name for name, state in self._hosts.items() if state.is_idle(now_s)]:
                    del self._hosts[name]
            self._hosts[host] = _Host()
        return self._hosts[host]


def _slowed_further(known: _Slowed | None, *, now_s: float) -> _Slowed:
    if known is None:
        return _Slowed(pause_s=_PAUSE_S, refused_s=now_s)
    if now_s - known.refused_s < _SAME_S:
        return known
    return _Slowed(pause_s=min(max(_PAUSE_S, 2 * known.pause_s), _LONGEST_PAUSE_S), refused_s=now_s)


def _tell(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_result(None)
