"""The copy loop: what it deletes, keeps in hand, and does when something breaks."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from patterns_cli.queues.copying import CopyLoop, sent_before_now
from patterns_cli.queues.hand import MOST_IN_HAND
from patterns_cli.queues.interrupts import Interrupts
from patterns_cli.queues.letter import Letter
from patterns_cli.queues.outcome import Outcome
from patterns_cli.queues.pace import Pace
from patterns_cli.queues.queue import read_queue
from patterns_cli.queues.sending import Copy

# Classes of the fixtures, which importlib's mode keeps out of reach as an import.
Shop = Any
Box = Any


_TWICE = {("send_message_batch", True), ("delete_message_batch", False)}
"""Where a break leaves copies whose originals were not deleted."""


class Breaking:
    """SQS, of which one operation breaks when it is called for the nth time, before or after it did its work."""

    def __init__(self, sqs: Any, operation: str, nth: int, *, after: bool = False) -> None:  # noqa: ANN401 - boto3's
        """Break this operation."""
        self._sqs, self._operation, self._left, self._after = sqs, operation, nth, after
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as above
        """Return the operation, or one that breaks."""

        def call(**asked: Any) -> Any:  # noqa: ANN401 - as above
            self.calls.append(name)
            self._left -= name == self._operation
            breaks = name == self._operation and self._left == 0
            if breaks and not self._after:
                raise EndpointConnectionError(endpoint_url="http://sqs")
            answer = getattr(self._sqs, name)(**asked)
            if breaks:
                raise EndpointConnectionError(endpoint_url="http://sqs")
            return answer

        return call


def everything(letter: Letter) -> Copy:
    """Choose every letter."""
    return Copy(letter.body, letter.carried_attributes())


def run(
    box: Box,
    sqs: Any = None,  # noqa: ANN401 - boto3 makes its classes when it runs
    *,
    choose: Callable[[Letter], Copy | None] = everything,
    limit: int | None = None,
    interrupts: Interrupts | None = None,
    most_in_hand: int = MOST_IN_HAND,
    progress: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Run the loop over a receiver's dead letters."""
    letters, destination = read_queue(box.sqs, box.letters_url), read_queue(box.sqs, box.url)
    assert letters
    assert destination
    interrupts = interrupts or Interrupts()
    pace = Pace(None, interrupts)
    outcome = Outcome(found=letters.waiting)
    loop = CopyLoop(sqs or box.sqs, letters, destination, choose, pace, interrupts, progress, most_in_hand)
    loop.run(outcome, limit=limit)
    return outcome


@pytest.fixture
def box(small_shop: Shop) -> Box:
    """Return a receiver with 35 dead letters."""
    made: Box = small_shop.receiver()
    made.fail(*map(str, range(35)), reason="why")
    return made


def test_as_many_as_were_asked_for(box: Box) -> None:
    """And no more are received, so that no others are hidden even for a moment."""
    seen: list[int] = []
    outcome = run(box, limit=12, progress=seen.append)
    assert (outcome.moved, outcome.left, outcome.complete) == (12, 23, True)
    assert (box.visible(), box.hidden(), seen) == ((12, 23), (0, 0), [10, 12])
    assert {x["Attributes"]["ApproximateReceiveCount"] for x in box.take(letters=True)} == {"1"}


def test_those_that_fail_count_against_the_limit(box: Box) -> None:
    """`--max 12` tries twelve: of a queue that refuses each third, it does not go on until twelve were taken."""

    class Refusing(Breaking):
        def send_message_batch(self, Entries: list[dict[str, Any]], **asked: Any) -> Any:  # noqa: N803, ANN401 - boto3's
            good = [x for x in Entries if int(x["MessageBody"]) % 3]
            answer = box.sqs.send_message_batch(Entries=good, **asked) if good else {}
            bad = [{"Id": x["Id"], "Code": "No", "SenderFault": True} for x in Entries if x not in good]
            return answer | {"Failed": bad}

    outcome = run(box, Refusing(box.sqs, "", 0), limit=12)
    assert outcome.tried == outcome.moved + outcome.failed == 12
    assert 0 < outcome.failed < 12
    assert (box.visible(), box.hidden()) == ((outcome.moved, 35 - outcome.moved), (0, 0))


def test_those_whose_original_stays_count_against_the_limit(box: Box) -> None:
    """They are in the destination, so that no others are sent in their place."""

    class Keeping(Breaking):
        def delete_message_batch(self, Entries: list[dict[str, Any]], **_: Any) -> dict[str, Any]:  # noqa: N803, ANN401
            return {"Failed": [{"Id": x["Id"], "Code": "InternalError", "SenderFault": False} for x in Entries]}

    outcome = run(box, Keeping(box.sqs, "", 0), limit=12)
    assert (outcome.tried, outcome.copied_only, outcome.complete) == (12, 12, False)
    assert box.visible() == (12, 35)


def test_letters_that_are_not_chosen_are_given_back(box: Box) -> None:
    """Each is looked at once."""
    looked: list[str] = []

    def choose(letter: Letter) -> Copy | None:
        looked.append(letter.id)
        return everything(letter) if int(letter.body) % 5 == 0 else None

    outcome = run(box, choose=choose)
    assert (outcome.moved, outcome.passed_over, outcome.complete) == (7, 28, True)
    assert len(looked) == len(set(looked)) == 35
    assert (box.visible(), box.hidden()) == ((7, 28), (0, 0))


def test_too_many_that_are_in_the_way_stop_it(box: Box) -> None:
    """There is an end to what it remembers."""
    outcome = run(box, choose=lambda _: None, most_in_hand=20)
    assert (outcome.moved, outcome.complete) == (0, False)
    assert outcome.stopped == "20 messages that are not to be moved are in the way"
    assert (box.visible(), box.hidden()) == ((0, 35), (0, 0))


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("operation", ["receive_message", "send_message_batch", "delete_message_batch"])
def test_whatever_breaks_nothing_is_lost(box: Box, operation: str, nth: int, after: bool) -> None:  # noqa: FBT001 - a case
    """Before or after SQS did what it was asked: every message is in at least one queue, at most one group in both."""
    outcome = run(box, Breaking(box.sqs, operation, nth, after=after))
    assert "Could not connect to the endpoint URL" in outcome.stopped
    assert not outcome.complete
    put_back = [x["Body"] for x in box.take()]
    left = [x["Body"] for x in box.take(letters=True)]
    hidden = box.hidden()[1]
    # An answer to a receive that was lost hides its messages until their visibility timeout ends.
    assert hidden == (10 if operation == "receive_message" and after else 0)
    assert len(set(put_back) | set(left)) + hidden == 35
    assert len(put_back) == len(set(put_back))
    assert len(set(put_back) & set(left)) == (10 if (operation, after) in _TWICE else 0)
    assert outcome.moved == 10 * (nth - 1)


def test_a_copy_whose_original_stays_is_told_of(box: Box) -> None:
    """It is in both queues, which is no loss, but somebody may want to know."""

    class Keeping:
        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - boto3 makes its classes when it runs
            return getattr(box.sqs, name)

        def delete_message_batch(self, Entries: list[dict[str, Any]], **_: Any) -> dict[str, Any]:  # noqa: N803, ANN401
            return {"Failed": [{"Id": x["Id"], "Code": "InternalError", "SenderFault": False} for x in Entries]}

    outcome = run(box, Keeping(), limit=None)
    assert (outcome.moved, outcome.copied_only, outcome.complete) == (0, 35, False)
    assert "35 were copied but not deleted, so they are in both queues" in outcome.lines()
    assert box.visible() == (35, 35), "each was copied once"


def test_a_queue_that_is_gone_is_one_line(box: Box) -> None:
    """Nothing was deleted."""
    sqs = box.sqs

    class Gone(Breaking):
        def send_message_batch(self, **asked: Any) -> Any:  # noqa: ANN401 - as boto3 calls it
            sqs.delete_queue(QueueUrl=box.url)
            return sqs.send_message_batch(**asked)

    outcome = run(box, Gone(sqs, "", 0))
    assert "NonExistentQueue" in outcome.stopped
    assert (box.count(box.letters_url, ""), box.count(box.letters_url, "NotVisible")) == (35, 0)


def test_an_interrupt_ends_it_between_two_groups(box: Box) -> None:
    """What was begun is finished: no copy without its deletion."""
    interrupts = Interrupts()
    outcome = run(box, interrupts=interrupts, progress=lambda _: interrupts._requested.set())
    assert (outcome.moved, outcome.interrupted, outcome.left) == (10, True, 25)
    assert (box.visible(), box.hidden()) == ((10, 25), (0, 0))


def test_only_what_was_there_before_is_chosen(box: Box) -> None:
    """By the clock of SQS, in the second that has begun."""
    queue = read_queue(box.sqs, box.letters_url)
    assert queue
    choose = sent_before_now(_At(box.sqs, "Mon, 05 Jan 2026 09:30:00 GMT"), queue, Interrupts())

    def letter(second: float) -> Letter:
        sent = datetime(2026, 1, 5, 9, 30, tzinfo=UTC) + timedelta(seconds=second)
        return Letter("m", "r", "body", {"reason": {}, "type": {"StringValue": "x"}}, sent, 1, moved_by_sqs=False)

    assert choose(letter(-3600)) == Copy("body", {"type": {"StringValue": "x"}})
    assert choose(letter(0.999))
    assert choose(letter(1)) is None


class _At:
    """SQS whose answers are dated."""

    def __init__(self, sqs: Any, date: str) -> None:  # noqa: ANN401 - boto3 makes its classes when it runs
        self._sqs, self._date = sqs, date

    def get_queue_attributes(self, **asked: Any) -> Any:  # noqa: ANN401 - as above
        """Answer with the date."""
        answer = self._sqs.get_queue_attributes(**asked)
        answer["ResponseMetadata"]["HTTPHeaders"]["date"] = self._date
        return answer
