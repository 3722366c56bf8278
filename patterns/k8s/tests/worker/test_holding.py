import threading
from collections.abc import Iterable

import pytest

from patterns_k8s.worker.holding import Holding


class Queue:
    """A queue that notes for how long which message is hidden."""

    def __init__(self) -> None:
        """Start with no calls."""
        self.calls: list[dict[str, int]] = []
        self.called = threading.Event()

    def hide(self, receipts: Iterable[tuple[str, int]]) -> None:
        """Note the change."""
        self.calls.append(dict(receipts))
        self.called.set()


def test_what_is_held_stays_hidden() -> None:
    """For another visibility timeout, and only while it is held."""
    queue = Queue()
    holding = Holding(queue, visibility=30)
    with holding.hold(["a", "b"]):
        with holding.hold(["c"]):
            holding.extend()
        holding.extend()
    holding.extend()
    assert queue.calls == [{"a": 30, "b": 30, "c": 30}, {"a": 30, "b": 30}, {}]


def test_what_failed_is_no_longer_held() -> None:
    """Whatever happens in the block."""
    holding = Holding(Queue(), visibility=30)

    def fail() -> None:
        with holding.hold(["a"]):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert len(holding) == 0


def test_nothing_is_hidden_for_longer_than_sqs_can() -> None:
    """Twelve hours from its receive."""
    queue, now = Queue(), 0.0
    holding = Holding(queue, visibility=30, clock=lambda: now)
    with holding.hold(["a"]):
        now = 11 * 3600 - 1
        holding.extend()
        now = 11 * 3600
        holding.extend()
    assert queue.calls == [{"a": 30}, {}]


def test_two_extensions_may_fail_before_a_message_shows_up() -> None:
    """Three of them in a visibility timeout."""
    assert Holding(Queue(), visibility=30).interval == 10


def test_a_thread_extends_until_it_is_told() -> None:
    """And then ends."""
    queue, done = Queue(), threading.Event()
    holding = Holding(queue, visibility=0)
    thread = threading.Thread(target=holding.extend_until, args=(done,))
    with holding.hold(["a"]):
        thread.start()
        assert queue.called.wait(5)
    done.set()
    thread.join(5)
    assert not thread.is_alive()
    assert {"a": 0} in queue.calls
