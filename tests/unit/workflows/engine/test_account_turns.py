from __future__ import annotations

import random

from vodpull.workflows.engine.account_turns import AccountTurns


def test_who_was_served_longest_ago_is_first_and_a_newcomer_before_all() -> None:
    turns = AccountTurns()
    for account in ("a", "b", "a"):
        turns.served("fetch", account)
    assert turns.order("fetch", ["a", "b", "new"]) == ["new", "b", "a"]


def test_each_queue_has_its_own_turns() -> None:
    turns = AccountTurns()
    turns.served("fetch", "a")
    assert turns.order("encode", ["a", "b"]) == ["a", "b"]


def test_the_order_survives_a_shuffle() -> None:
    accounts = [str(number) for number in range(100)]
    order = AccountTurns().order("fetch", accounts)
    random.shuffle(order)
    assert order == accounts
