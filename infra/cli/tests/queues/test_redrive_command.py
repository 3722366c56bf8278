"""What `patterns redrive` refuses, asks and says."""

import dataclasses
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from patterns_cli.commands import confirming
from patterns_cli.commands.failures import CommandError, WrongUse
from patterns_cli.commands.redriving import RedriveOrder, redrive, redrive_at
from patterns_cli.queues.directory import CannotRedrive
from patterns_cli.queues.interrupts import Interrupts
from patterns_cli.queues.outcome import Outcome
from patterns_cli.queues.queue import read_queue
from patterns_cli.queues.shortfall import explain_shortfall
from patterns_deploy.place import Place
from patterns_deploy.real_aws import AwsAccess
from patterns_infra.settings import Target
from patterns_shared.adapters.event_messages import event_to_body
from patterns_shared.domain.events import EventType
from patterns_shared.testing import make_event

# Classes of the fixtures, which importlib's mode keeps out of reach as an import.
Shop = Any
Box = Any
EVENT = event_to_body(make_event(EventType.ORDER_FULFILLED))


@pytest.fixture
def box(small_shop: Shop) -> Box:
    """Return a receiver with 12 dead letters."""
    made: Box = small_shop.receiver()
    made.fail(*map(str, range(12)), reason="why")
    return made


@pytest.fixture
def on_aws(small_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Let AWS answer as moto does, without its own move: moto has none."""
    here = small_shop.place
    place = Place(Target.AWS, here.stage, "eu-west-1", "123456789012", None, here.client)
    access = AwsAccess(place, "arn:aws:sts::123456789012:assumed-role/operator/me", {})
    monkeypatch.setattr(confirming, "open_aws", lambda stage, region: (stage, region) == (here.stage, None) and access)
    return place


def mended_file(folder: Path, *documents: object) -> str:
    """Write a file of repaired messages."""
    path = folder / "mended.jsonl"
    path.write_text("".join(json.dumps(document) + "\n" for document in documents))
    return str(path)


def test_a_dry_run_changes_nothing(small_shop: Shop, box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even a receive count; it says what would go where."""
    redrive_at(small_shop.place, RedriveOrder("ledger", dry_run=True, most=5))
    stage = small_shop.place.stage
    assert capsys.readouterr().err.splitlines() == [
        f"dry run, nothing was moved; without --dry-run: 5 dead letters of ledger back to {stage}-ledger",
        "ledger: 12 found, 0 moved, 12 left, 0 failed",
    ]
    assert (box.visible(), box.hidden()) == ((0, 12), (0, 0))
    assert {x["Attributes"]["ApproximateReceiveCount"] for x in box.take(letters=True)} == {"1"}


def test_nothing_to_do_is_no_error(small_shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """The command says so, and asks for no confirmation."""
    small_shop.receiver()

    redrive_at(small_shop.place, RedriveOrder("ledger"), agree=lambda _: pytest.fail("it asked for confirmation"))
    assert capsys.readouterr().err == "ledger: 0 found, 0 moved, 0 left, 0 failed\n"


def hide(box: Box, count: int) -> None:
    """Receive so many dead letters, as another program does that has not finished with them."""
    for _ in range(count):
        box.sqs.receive_message(QueueUrl=box.letters_url, MaxNumberOfMessages=1, VisibilityTimeout=60)


def exit_code(place: Place, order: RedriveOrder) -> int:
    """Redrive and return the exit code."""
    try:
        redrive_at(place, order)
    except SystemExit as ended:
        return int(str(ended.code))
    return 0


@pytest.mark.parametrize(
    ("hidden", "most", "moved", "code"),
    [
        (2, None, 10, 1),
        (12, None, 0, 1),
        (2, 10, 10, 0),
        (2, 11, 10, 1),
        (2, 3, 3, 0),
        (12, 1, 0, 1),
        (0, 13, 12, 0),
    ],
)
def test_it_fails_unless_all_that_it_found_was_moved(
    small_shop: Shop,
    box: Box,
    capsys: pytest.CaptureFixture[str],
    hidden: int,
    most: int | None,
    moved: int,
    code: int,
) -> None:
    """Hidden messages count as found; only `--max` makes fewer enough."""
    hide(box, hidden)
    assert exit_code(small_shop.place, RedriveOrder("ledger", most=most)) == code
    said = capsys.readouterr().err.splitlines()
    assert said[-1] == f"ledger: 12 found, {moved} moved, {12 - moved} left, 0 failed"
    assert any(f"{hidden} are hidden: " in line for line in said) == bool(code)
    assert box.visible() == (moved, 12 - moved - hidden)


class Meanwhile:
    """SQS, with something that happens once, before the first message is received."""

    def __init__(self, sqs: Any, what: Callable[[], None]) -> None:  # noqa: ANN401 - boto3 makes its classes when it runs
        """Let this happen."""
        self._sqs, self._what = sqs, [what]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as above
        """Return SQS's operation."""
        if name == "receive_message" and self._what:
            self._what.pop()()
        return getattr(self._sqs, name)


def meanwhile(place: Place, what: Callable[[], None]) -> Place:
    """Return the place, where this happens between the count and the first receive."""
    sqs = Meanwhile(place.client("sqs"), what)
    return dataclasses.replace(place, client=lambda service: sqs if service == "sqs" else place.client(service))


def test_messages_that_are_hidden_while_it_runs_are_left(
    small_shop: Shop, box: Box, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten of twelve in another program's hands are no success."""
    assert exit_code(meanwhile(small_shop.place, lambda: hide(box, 10)), RedriveOrder("ledger")) == 1
    assert "ledger: 12 found, 2 moved, 10 left, 0 failed" in capsys.readouterr().err


@pytest.mark.parametrize("most", [None, 11])
def test_messages_that_are_gone_are_not_left(
    small_shop: Shop, box: Box, capsys: pytest.CaptureFixture[str], most: int | None
) -> None:
    """Another run moved them, or SQS had counted too many: the queue is empty, so nothing needs a second run."""

    def take_two() -> None:
        for message in box.sqs.receive_message(QueueUrl=box.letters_url, MaxNumberOfMessages=2)["Messages"]:
            box.sqs.delete_message(QueueUrl=box.letters_url, ReceiptHandle=message["ReceiptHandle"])

    assert exit_code(meanwhile(small_shop.place, take_two), RedriveOrder("ledger", most=most)) == 0
    said = capsys.readouterr().err
    assert "ledger: 2 of those that SQS counted at the start are not in the queue any more\n" in said
    assert said.endswith("ledger: 10 found, 10 moved, 0 left, 0 failed\n")


class Late:
    """SQS, whose counts are those of the first call for so many calls."""

    def __init__(self, sqs: Any, calls: int) -> None:  # noqa: ANN401 - boto3 makes its classes when it runs
        """Be late for so many calls."""
        self._sqs, self._left, self._first = sqs, calls, dict[str, Any]()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as above
        """Return SQS's operation."""
        return getattr(self._sqs, name)

    def get_queue_attributes(self, **asked: Any) -> Any:  # noqa: ANN401 - as above
        """Answer what was so at first."""
        key = str(asked)
        self._first.setdefault(key, self._sqs.get_queue_attributes(**asked))
        self._left -= 1
        return self._first[key] if self._left >= 0 else self._sqs.get_queue_attributes(**asked)


@pytest.mark.parametrize(("calls", "code"), [(8, 0), (1000, 1)])
def test_counts_that_are_late_are_waited_for(
    on_aws: Place, box: Box, monkeypatch: pytest.MonkeyPatch, calls: int, code: int
) -> None:
    """On AWS a count may be a minute old; one that stays wrong is reported as it is."""
    late = Late(on_aws.client("sqs"), calls)
    place = dataclasses.replace(on_aws, client=lambda service: late if service == "sqs" else on_aws.client(service))
    taken = box.sqs.receive_message(QueueUrl=box.letters_url, MaxNumberOfMessages=1, VisibilityTimeout=0)["Messages"]
    paused: list[float] = []
    monkeypatch.setattr("patterns_cli.queues.interrupts.Interrupts.pause", lambda _, seconds: paused.append(seconds))

    def delete_one() -> None:
        box.sqs.delete_message(QueueUrl=box.letters_url, ReceiptHandle=taken[0]["ReceiptHandle"])

    assert exit_code(meanwhile(place, delete_one), RedriveOrder("ledger")) == code
    assert box.visible() == (11, 0)
    assert 0 < sum(paused) <= 100


class Blind:
    """SQS, whose counts are 0, as they may be for a minute after messages came."""

    def __init__(self, sqs: Any) -> None:  # noqa: ANN401 - boto3 makes its classes when it runs
        """Count nothing."""
        self._sqs = sqs

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as above
        """Return SQS's operation."""
        return getattr(self._sqs, name)

    def get_queue_attributes(self, **asked: Any) -> Any:  # noqa: ANN401 - as above
        """Answer with counts of 0."""
        answer = self._sqs.get_queue_attributes(**asked)
        zeros = {name: "0" for name in answer["Attributes"] if name.startswith("ApproximateNumber")}
        return {**answer, "Attributes": {**answer["Attributes"], **zeros}}


@pytest.fixture
def uncounted(on_aws: Place) -> Place:
    """Return AWS, where SQS counts 0 in every queue."""
    blind = Blind(on_aws.client("sqs"))
    return dataclasses.replace(on_aws, client=lambda service: blind if service == "sqs" else on_aws.client(service))


@pytest.mark.parametrize(("most", "moved", "found"), [(None, 12, 12), (5, 5, 10), (11, 11, 11), (12, 12, 12)])
def test_a_count_of_0_is_checked_by_receiving(
    uncounted: Place, box: Box, capsys: pytest.CaptureFixture[str], most: int | None, moved: int, found: int
) -> None:
    """Up to ten messages are received and given back; those are at least there, and the user is asked about them."""
    asked: list[object] = []
    redrive_at(uncounted, RedriveOrder("ledger", most=most), agree=lambda facts: asked.append(facts["messages"]))
    due = min(10, most or 10)
    assert asked == [f"at least {due} dead letters of ledger back to {uncounted.stage}-ledger"]
    last = f"ledger: {found} found, {moved} moved, {found - moved} left, 0 failed"
    assert capsys.readouterr().err.splitlines()[-1] == last
    assert box.visible() == (moved, 12 - moved)


def test_a_dry_run_checks_a_count_of_0(uncounted: Place, box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    """What it received is visible again at once."""
    redrive_at(uncounted, RedriveOrder("ledger", dry_run=True))
    what = f"at least 10 dead letters of ledger back to {uncounted.stage}-ledger"
    assert capsys.readouterr().err.splitlines() == [
        f"dry run, nothing was moved; without --dry-run: {what}",
        "ledger: 10 found, 0 moved, 10 left, 0 failed",
    ]
    assert box.visible() == (0, 12)


@pytest.mark.parametrize(("there", "left"), [(12, 12), (3, 3), (0, 0)])
def test_a_count_of_0_does_not_explain_what_was_not_moved(
    small_shop: Shop, uncounted: Place, there: int, left: int
) -> None:
    """SQS's own move may end early: messages that are still there are left, whatever SQS counts."""
    box = small_shop.receiver()
    box.fail(*map(str, range(there)))
    letters = read_queue(uncounted.client("sqs"), box.letters_url)
    assert letters
    outcome = Outcome(found=20, due=20, moved=8)
    with Interrupts() as interrupts:
        explain_shortfall(uncounted.client("sqs"), letters, outcome, interrupts, settle_seconds=90)
    assert outcome.left == left
    assert outcome.complete is (left == 0)
    assert box.visible() == (0, there)


def test_all_or_some(small_shop: Shop, box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    """With what is left."""
    redrive_at(small_shop.place, RedriveOrder("ledger", most=5))
    assert capsys.readouterr().err.splitlines()[-1] == "ledger: 12 found, 5 moved, 7 left, 0 failed"
    redrive_at(small_shop.place, RedriveOrder("ledger"))
    assert capsys.readouterr().err.splitlines()[-1] == "ledger: 7 found, 7 moved, 0 left, 0 failed"
    assert {tuple(x.get("MessageAttributes", ())) for x in box.take()} == {()}


def test_a_bar_on_a_terminal(
    small_shop: Shop, box: Box, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the counts below it."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    redrive_at(small_shop.place, RedriveOrder("ledger"))
    shown = capsys.readouterr().err
    assert "redrive ledger" in shown
    assert "12/12" in shown
    assert "ledger: 12 found, 12 moved" in shown
    assert box.visible() == (12, 0)


@pytest.mark.usefixtures("box")
@pytest.mark.parametrize(
    ("order", "error", "said"),
    [
        (lambda: RedriveOrder("ledger", most=1, repaired="x"), WrongUse, "--max and --repaired do not go together"),
        (lambda: RedriveOrder("ledger", rate=float("nan")), WrongUse, "--rate must be a number of messages per second"),
        (lambda: RedriveOrder("ledger", rate=float("inf")), WrongUse, "--rate must be a number of messages per second"),
        (lambda: RedriveOrder("ledger", repaired="/no/such"), WrongUse, "cannot read /no/such: No such file or dir"),
        (lambda: RedriveOrder("ledger", repaired="/"), WrongUse, "cannot read /: Is a directory"),
    ],
)
def test_wrong_use(small_shop: Shop, order: Any, error: type[Exception], said: str) -> None:  # noqa: ANN401 - a function
    """Before anything is moved."""
    with pytest.raises(error, match=said):
        redrive_at(small_shop.place, order())


def test_a_queue_without_a_way_back(small_shop: Shop) -> None:
    """Is refused before anything else is looked at."""
    url, _ = small_shop.queue("relay-dead")
    small_shop.stacks.queues[f"patterns-{small_shop.place.stage}-web-api"] = {"RelayDeadLettersQueueCCCCCCCC": url}
    with pytest.raises(CannotRedrive):
        redrive_at(small_shop.place, RedriveOrder("Relay", dry_run=True))


def test_mended_messages(small_shop: Shop, box: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exactly these go back; one that is not there is named with its line, and the code says so."""
    poison, other = box.fail("{", "}", reason="is not JSON")
    file = mended_file(
        tmp_path, {"message_id": "gone", "body": EVENT}, {"message_id": poison, "body": json.loads(EVENT)}
    )
    with pytest.raises(SystemExit) as ended:
        redrive_at(small_shop.place, RedriveOrder("ledger", repaired=file))
    assert ended.value.code == 1
    shown = capsys.readouterr().err
    assert "ledger: line 1: message gone is not in the dead-letter queue\n" in shown
    assert shown.endswith("ledger: 1 found, 1 moved, 0 left, 0 failed\n")
    (back,) = box.take()
    assert (back["Body"], back["MessageAttributes"]["type"]["StringValue"]) == (EVENT, "OrderFulfilled")
    left = box.take(letters=True)
    assert len(left) == 13
    assert other in {x["MessageId"] for x in left}


def test_a_dry_run_of_mended_messages(
    small_shop: Shop, box: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Looks whether they are there."""
    (poison,) = box.fail("{")
    there = mended_file(tmp_path, {"message_id": poison, "body": EVENT})
    redrive_at(small_shop.place, RedriveOrder("ledger", repaired=there, dry_run=True))
    assert "ledger: 1 found, 0 moved, 1 left, 0 failed\n" in capsys.readouterr().err
    missing = mended_file(tmp_path, {"message_id": "gone", "body": EVENT})
    with pytest.raises(SystemExit):
        redrive_at(small_shop.place, RedriveOrder("ledger", repaired=missing, dry_run=True))
    assert "line 1: message gone is not in the dead-letter queue" in capsys.readouterr().err
    assert (box.visible(), box.hidden()) == ((0, 13), (0, 0))


def test_a_file_with_a_bad_line_moves_nothing(
    small_shop: Shop, box: Box, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every bad line is named; here the file is standard input."""
    (poison,) = box.fail("{")
    good = json.dumps({"message_id": poison, "body": EVENT})
    wrong = json.dumps({"message_id": "other", "body": EVENT.replace("ada@example.com", "")})
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(f"{good}\n{wrong}\n{{\n".encode())))
    with pytest.raises(CommandError, match="nothing was moved: 2 lines of - cannot be used"):
        redrive_at(small_shop.place, RedriveOrder("ledger", repaired="-"))
    assert capsys.readouterr().err.splitlines() == [
        "-: line 2: body: data.contact.email: must not be empty",
        "-: line 3: is not JSON",
    ]
    assert (box.visible(), box.hidden()) == ((0, 13), (0, 0))


def test_an_account_s_queues_are_changed_after_asking(
    on_aws: Place, box: Box, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a deployment is; the user sees what would be moved where. A dry run needs no question."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{on_aws.stage}\n"))
    order = RedriveOrder("ledger")
    with pytest.raises(CommandError, match="no terminal to confirm at: add --yes"):
        redrive(order, Target.AWS, on_aws.stage, None, yes=False)
    shown = capsys.readouterr().err
    for fact in ("about to move messages in AWS", "123456789012", "operator/me", "eu-west-1"):
        assert fact in shown
    assert f"messages 12 dead letters of ledger back to {on_aws.stage}-ledger" in shown
    assert box.visible() == (0, 12)
    redrive(RedriveOrder("ledger", dry_run=True), Target.AWS, on_aws.stage, None, yes=False)
    assert box.visible() == (0, 12)
    redrive(RedriveOrder("ledger", most=12), Target.AWS, on_aws.stage, None, yes=True)
    assert box.visible() == (12, 0)


def test_aws_needs_a_stage() -> None:
    """Before it is asked anything."""
    with pytest.raises(CommandError, match="--target aws needs --stage"):
        redrive(RedriveOrder("ledger"), Target.AWS, None, None, yes=True)
