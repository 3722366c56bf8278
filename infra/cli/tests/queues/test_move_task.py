"""SQS's own move. Only AWS has it, so that its answers here are those of its documentation, by botocore's Stubber.

The Stubber checks requests and answers against the service's model: names and types are AWS's.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from patterns_cli.queues.interrupts import Interrupts
from patterns_cli.queues.move_task import MoveTask, NoMoveTasks, expressible
from patterns_cli.queues.outcome import Outcome
from patterns_cli.queues.queue import Feeder, Queue
from patterns_cli.queues.redriving import Redrive

LETTERS = Queue("https://sqs/1/dead", "arn:aws:sqs:eu-west-1:1:dead", 30, 0, "", Feeder.OTHER)
SOURCE = Queue("https://sqs/1/source", "arn:aws:sqs:eu-west-1:1:source", 0, 0, LETTERS.arn, Feeder.TOPIC)
LISTED = {"SourceArn": LETTERS.arn, "MaxResults": 1}
STARTED = {"SourceArn": LETTERS.arn, "DestinationArn": SOURCE.arn}
EARLIER = {"Status": "COMPLETED", "StartedTimestamp": 1000, "ApproximateNumberOfMessagesMoved": 7}


class Pauses(Interrupts):
    """Somebody who does not wait, and may interrupt after so many pauses."""

    def __init__(self, after: int | None = None) -> None:
        """Interrupt in this pause."""
        super().__init__()
        self.seconds: list[float] = []
        self._after = after

    def pause(self, seconds: float) -> None:
        """Count instead of waiting."""
        self.seconds.append(seconds)
        if len(self.seconds) == self._after:
            self._requested.set()


def task(status: str, moved: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of SQS's answer
    """Return a task as SQS lists it."""
    handle = {"TaskHandle": "handle"} if status == "RUNNING" else {}
    known = {"Status": status, "ApproximateNumberOfMessagesMoved": moved, "ApproximateNumberOfMessagesToMove": 30}
    return {**known, "StartedTimestamp": 2000, "SourceArn": LETTERS.arn, **handle, **more}


@pytest.fixture
def sqs(moto_client: Callable[[str], Any]) -> Iterator[Stubber]:
    """Return SQS, which answers what a test says and refuses every other request."""
    with Stubber(moto_client("sqs")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def lists(sqs: Stubber, *tasks: dict[str, Any] | None) -> None:
    """Let the next looks at the tasks be answered with these."""
    for found in tasks:
        sqs.add_response("list_message_move_tasks", {"Results": [found] if found else []}, LISTED)


def starts(sqs: Stubber, **more: Any) -> None:  # noqa: ANN401 - fields of a request
    """Let the next request start a task."""
    sqs.add_response("start_message_move_task", {"TaskHandle": "handle"}, {**STARTED, **more})


def run(sqs: Stubber, *, rate: float | None = None, interrupts: Interrupts | None = None) -> Outcome:
    """Move by a task."""
    outcome = Outcome(found=LETTERS.waiting)
    seen: list[int] = []
    MoveTask(sqs.client, LETTERS, SOURCE, rate, interrupts or Pauses(), seen.append).run(outcome)
    return outcome


def test_it_is_followed_to_its_end(sqs: Stubber) -> None:
    """With the destination always named, and an earlier task of the same queue not taken for it."""
    pauses = Pauses()
    lists(sqs, EARLIER)
    starts(sqs)
    lists(sqs, EARLIER, task("RUNNING", 0), task("RUNNING", 12), task("COMPLETED", 30))
    outcome = run(sqs, interrupts=pauses)
    assert (outcome.found, outcome.moved, outcome.left, outcome.complete) == (30, 30, 0, True)
    assert pauses.seconds == sorted(pauses.seconds), "it looks less and less often"
    assert len(pauses.seconds) == 4


def test_progress_is_told_of(sqs: Stubber) -> None:
    """As SQS counts."""
    lists(sqs, None)
    starts(sqs)
    lists(sqs, None, task("RUNNING", 12), task("COMPLETED", 30))
    seen: list[int] = []
    MoveTask(sqs.client, LETTERS, SOURCE, None, Pauses(), seen.append).run(Outcome(found=30))
    assert seen == [12, 30]


def test_the_rate_is_the_task_s(sqs: Stubber) -> None:
    """SQS keeps it."""
    lists(sqs, None)
    starts(sqs, MaxNumberOfMessagesPerSecond=25)
    lists(sqs, task("COMPLETED", 30))
    assert run(sqs, rate=25.0).complete


@pytest.mark.parametrize(
    ("rate", "possible"), [(None, True), (1.0, True), (500.0, True), (501.0, False), (0.5, False), (1.5, False)]
)
def test_what_a_task_can_be_told(rate: float | None, possible: bool) -> None:  # noqa: FBT001 - a case
    """Whole numbers up to 500; everything else is for the copy loop."""
    assert expressible(rate) is possible


@pytest.mark.parametrize(
    ("end", "stopped"),
    [
        (task("FAILED", 3, FailureReason="AccessDenied"), "SQS gave up: AccessDenied"),
        (task("FAILED", 3), "SQS gave up: it does not say why"),
        (task("CANCELLED", 3), "the move was cancelled"),
    ],
)
def test_a_bad_end_is_told_of(sqs: Stubber, end: dict[str, Any], stopped: str) -> None:
    """With what was moved by then."""
    lists(sqs, None)
    starts(sqs)
    lists(sqs, task("RUNNING", 1), end)
    outcome = run(sqs)
    assert (outcome.moved, outcome.left, outcome.stopped, outcome.complete) == (3, 27, stopped, False)


def test_an_interrupt_cancels_it(sqs: Stubber) -> None:
    """What was moved stays moved, and is counted."""
    lists(sqs, None)
    starts(sqs)
    lists(sqs, task("RUNNING", 12))
    sqs.add_response("cancel_message_move_task", {"ApproximateNumberOfMessagesMoved": 14}, {"TaskHandle": "handle"})
    outcome = run(sqs, interrupts=Pauses(after=1))
    assert (outcome.moved, outcome.left, outcome.interrupted) == (14, 16, True)


def test_an_interrupt_of_a_task_that_has_just_ended(sqs: Stubber) -> None:
    """There is nothing to cancel any more."""
    lists(sqs, None)
    starts(sqs)
    lists(sqs, task("RUNNING", 30))
    sqs.add_client_error("cancel_message_move_task", "ResourceNotFoundException")
    assert run(sqs, interrupts=Pauses(after=1)).moved == 30


@pytest.mark.parametrize(("to_move", "most"), [(30, 1060), (None, 1060), (7, 1060), (100, 1200)])
def test_messages_that_come_round_end_it(sqs: Stubber, to_move: int | None, most: int) -> None:
    """A consumer that fails them at once feeds the task for as long as SQS lets it run, a day and a half.

    More than twice of what was there, and a thousand, since SQS counts roughly; what was there is the higher count.
    """
    counted = {"ApproximateNumberOfMessagesToMove": to_move} if to_move else {}
    looks = [task("RUNNING", most), task("RUNNING", most + 1)]
    for look in looks:
        del look["ApproximateNumberOfMessagesToMove"]
    lists(sqs, None)
    starts(sqs)
    lists(sqs, *(look | counted for look in looks))
    cancelled = {"ApproximateNumberOfMessagesMoved": most + 2}
    sqs.add_response("cancel_message_move_task", cancelled, {"TaskHandle": "handle"})
    outcome = run(sqs)
    assert (outcome.moved, outcome.left, outcome.complete) == (most + 2, 0, False)
    assert outcome.stopped == "its consumer fails them again and they come round; fix the cause first"


def test_a_task_that_moved_fewer_than_there_were_is_no_success(sqs: Stubber) -> None:
    """SQS calls it completed when it finds no more, also when ten are hidden."""
    lists(sqs, None)
    starts(sqs)
    lists(sqs, task("COMPLETED", 10))
    outcome = run(sqs)
    assert (outcome.moved, outcome.left, outcome.complete) == (10, 20, False)


@pytest.mark.parametrize(
    ("waiting", "hidden", "delayed", "left"),
    [(0, 0, 0, 0), (20, 0, 0, 20), (0, 20, 0, 20), (0, 0, 5, 5), (3, 50, 0, 20)],
)
def test_what_a_task_left_is_looked_for(sqs: Stubber, waiting: int, hidden: int, delayed: int, left: int) -> None:
    """Both counts are rough: only an empty queue shows that the first was too high."""
    lists(sqs, None)
    starts(sqs)
    lists(sqs, task("COMPLETED", 10))
    kinds = {"": waiting, "NotVisible": hidden, "Delayed": delayed}
    counts = {f"ApproximateNumberOfMessages{kind}": str(count) for kind, count in kinds.items()}
    sqs.add_response(
        "get_queue_attributes",
        {"Attributes": {"QueueArn": LETTERS.arn, **counts}},
        {"QueueUrl": LETTERS.url, "AttributeNames": ["All"]},
    )
    if not (waiting or hidden or delayed):
        for _ in range(2):  # a count of 0 is checked by receiving
            sqs.add_response("receive_message", {})
    outcome = Redrive(sqs.client, LETTERS, SOURCE, None, Pauses(), lambda _: None).move_all()
    assert (outcome.moved, outcome.left, outcome.complete) == (10, left, left == 0)


def test_a_second_move_of_one_queue_is_not_started(sqs: Stubber) -> None:
    """SQS runs one at a time; what it says of the first is told."""
    lists(sqs, task("RUNNING", 12))
    assert run(sqs).stopped == "a move is running already (12 moved so far, task handle handle)"


def test_a_task_that_is_never_listed_is_not_waited_for_for_ever(sqs: Stubber) -> None:
    """Somebody has to look later."""
    lists(sqs, None)
    starts(sqs)
    lists(sqs, *[None] * 30)
    assert run(sqs).stopped == "SQS does not list the move that it has started; look later"


@pytest.mark.parametrize("operation", ["list_message_move_tasks", "start_message_move_task"])
def test_a_place_without_the_api_is_told_from_a_refusal(sqs: Stubber, operation: str) -> None:
    """Only the first is a reason to copy instead."""

    def refuse(code: str) -> None:
        if operation == "start_message_move_task":
            lists(sqs, None)
        sqs.add_client_error(operation, code, "no")

    refuse("InvalidAction")
    with pytest.raises(NoMoveTasks):
        run(sqs)
    refuse("AccessDenied")
    outcome = run(sqs)
    assert "AccessDenied" in outcome.stopped
    assert not outcome.complete


def test_losing_sight_of_it_says_how_to_cancel_it(sqs: Stubber) -> None:
    """It runs on at SQS."""
    lists(sqs, None)
    starts(sqs)
    sqs.add_client_error("list_message_move_tasks", "AccessDenied", "no")
    outcome = run(sqs)
    assert outcome.stopped.startswith("cannot see how the move goes on, and SQS continues it: ")
    assert outcome.notes == ["to cancel it: aws sqs cancel-message-move-task --task-handle handle"]


def test_a_redrive_of_all_messages_is_the_task(sqs: Stubber) -> None:
    """No message is received: every other request would be refused here."""
    lists(sqs, None)
    starts(sqs)
    lists(sqs, task("COMPLETED", 30))
    assert Redrive(sqs.client, LETTERS, SOURCE, None, Pauses(), lambda _: None).move_all().complete
