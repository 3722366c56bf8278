"""Ctrl-C as a request, and as an interruption where it does no harm."""

import os
import signal
import threading
import time

import pytest

from patterns_cli.queues.interrupts import Interrupts


def press() -> None:
    """Press Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.01)


def test_the_first_one_is_a_request_the_second_one_an_exception() -> None:
    """Whoever is in a hurry presses twice; afterwards all is as before."""
    before = signal.getsignal(signal.SIGINT)
    with Interrupts() as interrupts:
        seen = [interrupts.requested]
        press()
        seen.append(interrupts.requested)
        with pytest.raises(KeyboardInterrupt):
            press()
    assert seen == [False, True]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_pause_ends_with_it() -> None:
    """Nobody waits for a slow rate."""
    with Interrupts() as interrupts:
        timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        began = time.monotonic()
        interrupts.pause(30)
        timer.join()
        assert interrupts.requested
        assert time.monotonic() - began < 10


def test_where_it_does_no_harm_it_interrupts() -> None:
    """Such as while waiting for input; also when it was asked for just before."""
    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt), interrupts.harmless():
            press()
        with pytest.raises(KeyboardInterrupt), interrupts.harmless():
            pytest.fail("an earlier request counts")


def test_elsewhere_than_in_the_main_thread_nothing_changes() -> None:
    """Signals are the main thread's."""
    before = signal.getsignal(signal.SIGINT)
    seen: list[bool] = []

    def work() -> None:
        with Interrupts() as interrupts:
            seen.append(interrupts.requested)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False]
    assert signal.getsignal(signal.SIGINT) is before
