from itertools import islice

from patterns_k8s.operator.api.backoffs import Backoffs


def test_pauses_grow_and_never_end() -> None:
    """An outage may last."""
    pauses = list(islice(Backoffs(), 1_000))
    assert pauses[:4] == [0.2, 0.5, 1.0, 2.0]
    assert all(3.0 <= pause <= 5.0 for pause in pauses[4:])


def test_an_operator_that_is_to_end_tries_nothing_again() -> None:
    """Neither what is being tried, nor what comes."""
    backoffs = Backoffs()
    early, late = iter(backoffs), iter(backoffs)
    next(early)
    assert len(list(islice(late, 10))) == 10
    backoffs.end()
    assert list(early) == list(late) == list(backoffs) == []
