"""What `patterns redrive` refuses, asks and says."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from patterns_infra.commands import confirming
from patterns_infra.commands.failures import CommandError, WrongUse
from patterns_infra.commands.redriving import RedriveOrder, redrive, redrive_at
from patterns_infra.place import Place
from patterns_infra.queues.directory import CannotRedrive
from patterns_infra.real_aws import AwsAccess
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
    """Write a file of mended messages."""
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
    """It is said, and nobody is asked."""
    small_shop.receiver()

    redrive_at(small_shop.place, RedriveOrder("ledger"), agree=lambda _: pytest.fail("somebody was asked"))
    assert capsys.readouterr().err == "ledger: 0 found, 0 moved, 0 left, 0 failed\n"


def test_hidden_messages_are_told_of(small_shop: Shop, box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody looks at them, or a run was killed: they are not gone, and can go back later."""
    box.sqs.receive_message(QueueUrl=box.letters_url, MaxNumberOfMessages=2, VisibilityTimeout=60)
    redrive_at(small_shop.place, RedriveOrder("ledger"))
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "ledger: 10 found, 10 moved, 0 left, 0 failed",
        "ledger: 2 more were hidden: somebody had just received them",
    ]


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
    with pytest.raises(CommandError, match="nobody is there to confirm: add --yes"):
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
