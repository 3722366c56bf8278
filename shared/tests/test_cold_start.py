import gc

import pytest

from patterns_shared.cold_start import collector_paused


def test_nothing_is_collected_meanwhile_and_everything_is_collected_again_afterwards() -> None:
    """Whatever happens in between."""
    meanwhile = []

    def fail() -> None:
        with collector_paused():
            meanwhile.append(gc.isenabled())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (meanwhile, gc.isenabled()) == ([False], True)


def test_what_was_made_meanwhile_is_left_out_of_later_rounds() -> None:
    """It is there to stay."""
    with collector_paused():
        made: list[object] = [[]]
    try:
        assert not any(made is kept for kept in gc.get_objects())
    finally:
        gc.unfreeze()


def test_a_collector_that_was_off_stays_off() -> None:
    """It is not ours to turn on."""
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()
