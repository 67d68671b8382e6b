"""Every missing byte is brought by exactly one claim at a time."""

from __future__ import annotations

from vodpull.fetch.transfer.range_claims import MIN_PIECE_BYTES, Plan, RangeClaim


def test_pieces_come_in_order_and_cover_the_gaps() -> None:
    plan = Plan([(0, 100), (200, 250)])
    taken = [claim.span for _ in range(5) if (claim := plan.take(40))]
    assert taken == [(0, 40), (40, 80), (80, 100), (200, 240), (240, 250)]
    assert plan.take() is None


def test_what_is_given_back_is_taken_next() -> None:
    plan = Plan([(0, 100)])
    first = plan.take(50)
    assert first is not None
    first.position = 20
    plan.give_back(first)
    assert first.is_done
    assert plan.take() == RangeClaim(position=20, stop=100)


def test_a_claim_may_be_cut_short_but_not_behind_its_position() -> None:
    plan = Plan([(0, 100)])
    whole = plan.take()
    assert whole is not None
    whole.position = 30
    plan.give_back(whole, beyond=10)
    assert (whole.span, plan.free_bytes) == ((30, 30), 70)


def test_pieces_shrink_towards_the_end_and_are_never_tiny() -> None:
    plan = Plan([(0, 1 << 30)])
    fast = plan.piece_bytes(rate_bytes_per_s=1e12, width=8)
    slow = plan.piece_bytes(rate_bytes_per_s=40_000_000, width=8)
    nothing = Plan([(0, 1000)]).piece_bytes(rate_bytes_per_s=40_000_000, width=8)
    assert fast == 64 << 20
    assert slow == 12_500_000
    assert nothing == MIN_PIECE_BYTES
