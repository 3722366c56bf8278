"""`patterns redrive` on the emulator, where SQS's own move is missing and messages are copied."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest

from patterns_cli.commands.redriving import RedriveOrder, redrive_at
from patterns_shared.adapters.dead_letters import SqsDeadLetters
from patterns_shared.adapters.sqs_batch import Message

# Classes of the fixtures, which importlib's mode keeps out of reach as an import.
Shop = Any
Box = Any
Eventually = Callable[..., Any]

pytestmark = pytest.mark.integration

# The command as its own process, in a place that is no platform of `patterns up`.
COMMAND = """
import sys
from patterns_cli.commands.failures import one_line_errors
from patterns_cli.commands.redriving import RedriveOrder, redrive_at
from patterns_local.local_aws import client_for
from patterns_deploy.place import Place
from patterns_infra.settings import Target
url, stage, rate = sys.argv[1:]
place = Place(Target.LOCAL, stage, "us-east-1", "000000000000", url, lambda service: client_for(service, url))
with one_line_errors():
    redrive_at(place, RedriveOrder("ledger", rate=float(rate)))
"""


def bodies(count: int) -> list[str]:
    """Return bodies that tell which is which."""
    return [f"message {n}" for n in range(count)]


def begin(shop: Shop, *, rate: float) -> "subprocess.Popen[str]":
    """Start the command and leave it running."""
    arguments = [sys.executable, "-c", COMMAND, shop.place.endpoint_url, shop.place.stage, str(rate)]
    return subprocess.Popen(arguments, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_thousand_messages_go_back(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """Each once, none lost, with their attributes but without those of the failure that is over."""
    box = shop.receiver()
    box.fail(*bodies(1000), reason="the table was gone", failed_at="2026-01-05T09:30:00+00:00", type="OrderFulfilled")
    redrive_at(shop.place, RedriveOrder("ledger"))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[0] == "redrive ledger (0/1000) …"
    assert shown.err.splitlines()[-1] == "ledger: 1000 found, 1000 moved, 0 left, 0 failed"
    assert (box.visible(), box.hidden()) == ((1000, 0), (0, 0))
    taken = box.take()
    assert Counter(x["Body"] for x in taken) == Counter(bodies(1000))
    assert {tuple(x["MessageAttributes"]) for x in taken} == {("type",)}


def test_killed_in_the_middle_nothing_is_lost(shop: Shop, eventually: Eventually) -> None:
    """At most one group is there twice; the next run moves the rest, and fails while some are hidden."""
    box = shop.receiver()
    box.fail(*bodies(500))
    command = begin(shop, rate=200)
    assert eventually(lambda: box.visible()[0] >= 50, 60.0)
    command.send_signal(signal.SIGKILL)
    command.communicate(timeout=10)
    (there, left), (_, hidden) = box.visible(), box.hidden()
    assert 0 < left < 500, "it was to be killed in the middle"
    assert 500 <= there + left + hidden <= 510
    with pytest.raises(SystemExit) if hidden else nullcontext():
        redrive_at(shop.place, RedriveOrder("ledger"))
    again = Counter(x["Body"] for x in box.take())
    hidden_bodies = set(bodies(500)) - set(again)
    assert len(hidden_bodies) <= hidden <= 10
    assert sum(again.values()) - len(again) <= 10
    assert (box.visible()[1], box.hidden()[1]) == (0, hidden)


def test_interrupted_it_finishes_its_group_and_says_how_far_it_came(shop: Shop, eventually: Eventually) -> None:
    """Ctrl-C is no reason for a duplicate, and leaves nothing hidden."""
    box = shop.receiver()
    box.fail(*bodies(500))
    command = begin(shop, rate=100)
    assert eventually(lambda: box.visible()[0] >= 50, 60.0)
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=30)
    assert command.returncode == 130
    moved, left = box.visible()
    assert f"ledger: 500 found, {moved} moved, {left} left, 0 failed" in said
    assert "ledger: stopped early: interrupted" in said
    assert (moved + left, box.hidden()) == (500, (0, 0))
    assert "Traceback" not in said


def test_a_send_that_is_refused_in_part(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """What the queue does not take stays a dead letter, is counted and named; the others go back."""
    box = shop.receiver(attributes={"MaximumMessageSize": "1024"})
    good = bodies(40)
    box.fail(*good[:15], *("x" * 2000 for _ in range(25)), *good[15:])
    with pytest.raises(SystemExit) as ended:
        redrive_at(shop.place, RedriveOrder("ledger"))
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert "ledger: 65 found, 40 moved, 25 left, 25 failed" in said
    assert said.count(": InvalidParameterValue\n") == 10
    assert "ledger: … and 15 more" in said
    assert (box.visible(), box.hidden()) == ((40, 25), (0, 0))
    assert sorted(x["Body"] for x in box.take()) == sorted(good)


@contextmanager
def _consumer(work: Callable[[], None]) -> Iterator[None]:
    """Run a consumer beside the test."""
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            work()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("how", ["kept by the consumer", "moved by SQS"])
def test_messages_that_fail_again_at_once_do_not_go_round(
    shop: Shop, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    """Each is moved once; those that came back are left, are visible at once, and are counted."""
    box = shop.receiver(max_receives=1)
    box.fail(*bodies(300))
    letters = SqsDeadLetters(box.sqs, box.letters_url)
    moved: Counter[str] = Counter()

    def fail() -> None:
        # A receive with no visibility timeout, on a queue that allows one: the next receive lets SQS move it.
        seconds = 30 if how == "kept by the consumer" else 0
        asked = {"QueueUrl": box.url, "MaxNumberOfMessages": 10, "VisibilityTimeout": seconds, "WaitTimeSeconds": 0}
        for message in box.sqs.receive_message(**asked).get("Messages", ()):
            moved[message["Body"]] += 1
            if seconds:
                letters.keep(Message(message["MessageId"], message["Body"]), "it fails again")
                box.sqs.delete_message(QueueUrl=box.url, ReceiptHandle=message["ReceiptHandle"])

    with _consumer(fail):
        redrive_at(shop.place, RedriveOrder("ledger"))
        said = capsys.readouterr().err
        deadline = time.monotonic() + 20
        while box.visible() != (0, 300) and time.monotonic() < deadline:
            time.sleep(0.05)
    assert "ledger: 300 found, 300 moved, 0 left, 0 failed" in said
    assert "came while this ran and were left: is the cause fixed?" in said
    assert moved == Counter(bodies(300)), "each was moved once"
    assert (box.visible(), box.hidden()) == ((0, 300), (0, 0))


def test_a_slow_rate_hides_nothing_that_it_does_not_move(shop: Shop, eventually: Eventually) -> None:
    """Between two messages none is in hand, so that none can reappear and be moved twice."""
    box = shop.receiver()
    box.fail(*bodies(20))
    command = begin(shop, rate=2)
    try:
        assert eventually(lambda: box.visible()[0] >= 2, 60.0)
        seen = []
        for _ in range(40):
            seen.append((sum(box.visible()), *box.hidden()))
            time.sleep(0.02)
    finally:
        command.send_signal(signal.SIGINT)
        command.communicate(timeout=30)
    assert Counter(seen).most_common(1)[0][0] == (20, 0, 0)
    assert max(hidden for _, _, hidden in seen) <= 2
    assert (sum(box.visible()), box.hidden()) == (20, (0, 0))


def test_mended_messages_go_back_and_no_other(shop: Shop, capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:  # noqa: ANN401 - a Path
    """From a file of 20, out of 200."""
    box = shop.receiver(fed_by="s3.amazonaws.com")
    ids = box.fail(*bodies(200), reason="why")
    mended = tmp_path / "mended.jsonl"
    mended.write_text("".join(json.dumps({"message_id": x, "body": f"mended {x}"}) + "\n" for x in ids[90:110]))
    redrive_at(shop.place, RedriveOrder("ledger", repaired=str(mended)))
    assert "ledger: 20 found, 20 moved, 0 left, 0 failed" in capsys.readouterr().err
    assert (box.visible(), box.hidden()) == ((20, 180), (0, 0))
    assert sorted(x["Body"] for x in box.take()) == sorted(f"mended {x}" for x in ids[90:110])
    assert {x["MessageId"] for x in box.take(letters=True)} == set(ids) - set(ids[90:110])
