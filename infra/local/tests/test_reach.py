"""Which requests a fault hits."""

import pytest
from pydantic import ValidationError

from patterns_local.reach import Aim, Reach, first_mistake


def _hits(reach: Reach, requests: int) -> list[int]:
    aim = Aim(reach)
    return [number for number in range(1, requests + 1) if aim.hits()]


def test_without_anything_said_every_request_is_hit() -> None:
    """For ever."""
    assert _hits(Reach(), 5) == [1, 2, 3, 4, 5]


def test_each_nth_request_is_hit_until_there_were_enough() -> None:
    """Those that were hit count, not those that were let through."""
    assert _hits(Reach(only_every=3), 10) == [3, 6, 9]
    assert _hits(Reach(only_every=3, for_requests=2), 100) == [3, 6]


def test_a_share_is_drawn_and_can_be_drawn_again() -> None:
    """The whole share is everything; a small one hits about as many as it says."""
    assert _hits(Reach(share=1.0), 5) == [1, 2, 3, 4, 5]
    drawn = _hits(Reach(share=0.1, seed=3), 10_000)
    assert drawn == _hits(Reach(share=0.1, seed=3), 10_000)
    assert drawn != _hits(Reach(share=0.1, seed=4), 10_000)
    assert 900 < len(drawn) < 1100


def test_it_is_over_when_the_last_request_was_hit() -> None:
    """Not before, and it stays over."""
    aim = Aim(Reach(for_requests=2))
    assert [(aim.hits(), aim.over) for _ in range(4)] == [(True, False), (True, True), (False, True), (False, True)]
    assert not Aim(Reach()).over


def test_the_first_mistake_is_named_with_its_field() -> None:
    """A rule about several fields names them itself."""

    def mistake(**fields: object) -> str:
        with pytest.raises(ValidationError) as error:
            Reach.model_validate(fields)
        return first_mistake(error.value.errors())

    assert mistake(share=2) == "share: Input should be less than or equal to 1"
    assert mistake(share=0.5, only_every=1) == "only_every and share exclude each other"
