"""A few of the seeded faults and of the combinations; `make faults` and `make combinations` run all of them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.corpus.combinations import Combination, combinations, disagreement, write
from tests.corpus.faults import ORDERS, SCENES, Fault, Film, changed, faults, film, made, misordered

from vodpull.errors import OutputInvalid
from vodpull.media import Toolbox, steady

# One of each kind.
KINDS = {fault.kind: fault for fault in faults()}
SAMPLE = list(combinations())[5::190]


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory, toolbox: Toolbox) -> Film:
    folder = tmp_path_factory.mktemp("card")
    return asyncio.run(made(film("test card", folder / "film.mp4"), folder, toolbox=toolbox))


def test_there_are_enough_of_both() -> None:
    assert len(list(faults())) + len(ORDERS) >= 200
    assert len(list(combinations())) >= 500
    assert len(SCENES) == 3
    assert len(set(combinations())) == len(list(combinations()))


async def test_a_film_without_a_fault_passes(card: Film, toolbox: Toolbox) -> None:
    proof = await card.prove(card.path, toolbox=toolbox)
    assert (proof.still, proof.unseen, proof.late_ms) == (0, 0, 0)
    assert proof.levels < 5
    assert proof.account
    assert (proof.account.published, dict(proof.account.dropped)) == (300, {})


@pytest.mark.parametrize("fault", KINDS.values(), ids=KINDS)
async def test_a_fault_of_each_kind_is_found(card: Film, tmp_path: Path, toolbox: Toolbox, fault: Fault) -> None:
    source = await asyncio.to_thread(changed, card.path, fault, tmp_path / "fault.mp4")
    with pytest.raises(OutputInvalid, match=r" at \d"):
        await card.prove(source, toolbox=toolbox)


async def test_a_chunk_in_the_place_of_another_is_found(tmp_path: Path, toolbox: Toolbox) -> None:
    wrong = await misordered(tmp_path, (0, 2, 1), toolbox=toolbox)
    with pytest.raises(OutputInvalid, match=r"at 20\.00 s"):
        await wrong.prove(wrong.path, toolbox=toolbox)


async def test_a_file_without_times_of_decoding_has_one_clock(tmp_path: Path, toolbox: Toolbox) -> None:
    """Pictures step back to those that are shown before: that is no new start."""
    combination = Combination(
        container="mkv", offset="late picture", order="va", rate="10", rotation=0, crop="none", change="none"
    )
    source, _ = await asyncio.to_thread(write, combination, tmp_path)
    assert await steady(source, tmp_path, toolbox=toolbox) is None


@pytest.mark.parametrize("combination", SAMPLE, ids=lambda found: f"{found.container}-{found.offset}-{found.change}")
async def test_a_combination_becomes_what_the_plain_film_becomes(
    combination: Combination, tmp_path: Path, toolbox: Toolbox
) -> None:
    assert await disagreement(combination, tmp_path, toolbox=toolbox) == ""
