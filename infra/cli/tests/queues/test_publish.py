"""`patterns publish`: what reaches the topic, and what is said of the rest."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from patterns_cli.commands import confirming
from patterns_cli.commands.failures import CommandError, WrongUse
from patterns_cli.commands.publishing import publish, publish_at
from patterns_deploy.place import Place
from patterns_deploy.real_aws import AwsAccess
from patterns_infra.settings import Target
from patterns_shared.adapters.event_messages import MAX_BODY_BYTES, event_to_body
from patterns_shared.domain.events import EventType
from patterns_shared.testing import make_event
from patterns_shared.testing.order_events import events_of_orders

# Classes of the fixtures, which importlib's mode keeps out of reach as an import.
Shop = Any
Box = Any

EVENTS = events_of_orders(seed=1, orders=30)[:30]
GOOD = [event_to_body(event) for event in EVENTS]
WRONG_TOTAL = json.dumps(json.loads(GOOD[0]) | {"order_version": 0})

# The command as its own process, in a place that is no platform of `patterns up`.
COMMAND = """
import sys
from patterns_cli.commands.failures import one_line_errors
from patterns_cli.commands.publishing import publish_at
from patterns_local.local_aws import client_for
from patterns_deploy.place import Place
from patterns_infra.settings import Target
url, stage, file, strict = sys.argv[1:]
place = Place(Target.LOCAL, stage, "us-east-1", "000000000000", url, lambda service: client_for(service, url))
with one_line_errors():
    publish_at(place, file, strict=strict == "strict")
"""


def subscribed(shop: Shop) -> Box:
    """Create and publish the topic, with a receiver of everything behind it."""
    box = shop.receiver()
    sns = shop.place.client("sns")
    topic = sns.create_topic(Name=f"{shop.place.stage}-order-events")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=box.arn, Attributes={"RawMessageDelivery": "true"})
    shop.publish(topic_arn=topic)
    return box


@pytest.fixture
def box(small_shop: Shop) -> Box:
    """Return what receives everything, on moto."""
    return subscribed(small_shop)


def written(folder: Path, *lines: str, end: str = "\n") -> str:
    """Write a file of lines."""
    path = folder / "events.jsonl"
    path.write_bytes("".join(line + end for line in lines).encode("utf-8", "surrogatepass"))
    return str(path)


def bodies(box: Box) -> list[str]:
    """Take the bodies that arrived."""
    return [message["Body"] for message in box.take()]


def test_every_event_arrives(small_shop: Shop, box: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the codec writes it, with the attributes that subscriptions filter on."""
    publish_at(small_shop.place, written(tmp_path, *(json.dumps(json.loads(x), indent=None) for x in GOOD)))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[0] == "publish …"
    assert shown.err.splitlines()[-1] == "30 published, 0 bad lines, 0 not published"
    messages = box.take()
    assert sorted(x["Body"] for x in messages) == sorted(GOOD)
    for message in messages:
        told = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        assert told == {"type": json.loads(message["Body"])["type"], "schema_version": "1"}


def test_bad_lines_are_named_and_the_good_ones_go(
    small_shop: Shop, box: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By number and reason, never by content; empty lines do not count as bad, and a byte order mark is no content."""
    huge = json.dumps({"contact": "ada@example.com" * 20_000})
    file = written(
        tmp_path,
        f"\ufeff{GOOD[0]}",
        "",
        "{",
        GOOD[1],
        WRONG_TOTAL,
        "  ",
        "[]",
        GOOD[2].replace("example", "\udc80"),
        huge,
        GOOD[3],
    )
    with pytest.raises(SystemExit) as ended:
        publish_at(small_shop.place, file)
    assert ended.value.code == 1
    shown = capsys.readouterr().err
    assert [line for line in shown.splitlines() if line.startswith("line ")] == [
        "line 3: event: is not JSON at character 1",
        "line 5: order_version: must be at least 1",
        "line 7: event: must be an object",
        "line 8: is not UTF-8",
        f"line 9: is over the limit of {MAX_BODY_BYTES} bytes",
    ]
    assert shown.splitlines()[-1] == "3 published, 5 bad lines, 0 not published"
    assert "@" not in shown
    assert sorted(bodies(box)) == sorted([GOOD[0], GOOD[1], GOOD[3]])


def test_a_file_that_is_published_again_gives_the_same_messages(small_shop: Shop, box: Box, tmp_path: Path) -> None:
    """Byte for byte, attributes included, however the lines are spelled: consumers know each event by its id."""
    spaced = [json.dumps(dict(reversed(json.loads(line).items())), indent=None) for line in GOOD]
    for lines in (GOOD, spaced):
        publish_at(small_shop.place, written(tmp_path, *lines))
    messages = [(message["Body"], json.dumps(message["MessageAttributes"], sort_keys=True)) for message in box.take()]
    assert len(messages) == 2 * len(GOOD)
    assert len(set(messages)) == len(GOOD)


def test_strict_publishes_all_or_nothing(
    small_shop: Shop, box: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All bad lines are named before anything leaves."""
    with pytest.raises(CommandError, match="nothing was published: 2 bad lines"):
        publish_at(small_shop.place, written(tmp_path, *GOOD, "{", "}"), strict=True)
    shown = capsys.readouterr().err
    assert shown == "line 31: event: is not JSON at character 1\nline 32: event: is not JSON at character 0\n"
    assert bodies(box) == []
    publish_at(small_shop.place, written(tmp_path, *GOOD), strict=True)
    assert sorted(bodies(box)) == sorted(GOOD)


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.usefixtures("box")
def test_an_empty_file_is_no_error(
    small_shop: Shop,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: str,
    strict: bool,  # noqa: FBT001 - a case
) -> None:
    """There was nothing to publish, and that is said."""
    publish_at(small_shop.place, written(tmp_path, content, end=""), strict=strict)
    assert capsys.readouterr().err.endswith("0 published, 0 bad lines, 0 not published\n")


class Pipe(io.BytesIO):
    """Standard input that cannot be read twice."""

    def seekable(self) -> bool:
        """Say so."""
        return False

    def seek(self, *_: int) -> int:
        """Refuse."""
        raise io.UnsupportedOperation("seek")


@pytest.mark.parametrize("strict", [True, False])
def test_standard_input(
    small_shop: Shop,
    box: Box,
    monkeypatch: pytest.MonkeyPatch,
    strict: bool,  # noqa: FBT001 - a case
) -> None:
    """A pipe, which --strict has to keep aside while it checks it."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=Pipe("".join(f"{x}\n" for x in GOOD).encode())))
    publish_at(small_shop.place, "-", strict=strict)
    assert sorted(bodies(box)) == sorted(GOOD)


def test_a_file_that_cannot_be_read_is_wrong_use(small_shop: Shop, tmp_path: Path) -> None:
    """Named, with the reason."""
    for file, reason in ((str(tmp_path / "none"), "No such file or directory"), (str(tmp_path), "Is a directory")):
        with pytest.raises(WrongUse, match=f"cannot read {file}: {reason}"):
            publish_at(small_shop.place, file)


def test_without_the_pattern_there_is_no_topic(small_shop: Shop, tmp_path: Path) -> None:
    """And it says how to get one."""
    with pytest.raises(CommandError, match=r"async is not deployed to local stage .*: patterns deploy async"):
        publish_at(small_shop.place, written(tmp_path, *GOOD))


def test_an_account_is_asked_about_first(
    small_shop: Shop,
    box: Box,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Events have effects: mails, a partner's orders."""
    here = small_shop.place
    place = Place(Target.AWS, here.stage, "eu-west-1", "123456789012", None, here.client)
    access = AwsAccess(place, "arn:aws:sts::123456789012:assumed-role/operator/me", {})
    monkeypatch.setattr(confirming, "open_aws", lambda *_: access)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    file = written(tmp_path, *GOOD)
    with pytest.raises(CommandError, match="no terminal to confirm at: add --yes"):
        publish(file, Target.AWS, here.stage, None, strict=False, yes=False)
    shown = capsys.readouterr().err
    assert "about to publish to AWS" in shown
    assert f"{here.stage}-order-events" in shown
    assert bodies(box) == []
    publish(file, Target.AWS, here.stage, None, strict=False, yes=True)
    assert len(bodies(box)) == 30


def begin(shop: Shop, file: str, mode: str = "") -> "subprocess.Popen[bytes]":
    """Start the command and leave it running."""
    arguments = [sys.executable, "-c", COMMAND, shop.place.endpoint_url, shop.place.stage, file, mode]
    return subprocess.Popen(arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.PIPE)


def many(count: int) -> list[str]:
    """Return the bodies of so many events."""
    event = make_event(EventType.ORDER_FULFILLED)
    return [event_to_body(replace(event, id=f"event-{n}")) for n in range(count)]


@pytest.mark.integration
@pytest.mark.parametrize("mode", ["", "strict"])
def test_two_thousand_events_through_a_pipe(shop: Shop, mode: str) -> None:
    """To the emulator: each once, as its receivers get it."""
    box, sent = subscribed(shop), many(2000)
    said, _ = begin(shop, "-", mode).communicate("".join(f"{x}\n" for x in sent).encode(), timeout=300)
    assert said == b""
    assert box.visible() == (2000, 0)
    assert sorted(bodies(box)) == sorted(sent)


@pytest.mark.integration
def test_interrupted_it_says_how_far_it_came(shop: Shop, eventually: Callable[..., Any]) -> None:
    """Here while it waits for more input."""
    box = subscribed(shop)
    command = begin(shop, "-")
    assert command.stdin
    command.stdin.write("".join(f"{x}\n" for x in many(105)).encode())
    command.stdin.flush()
    # Ten whole groups; the eleventh waits for lines that do not come.
    assert eventually(lambda: box.visible()[0] == 100, 60.0)
    command.send_signal(signal.SIGINT)
    _, told = command.communicate(timeout=60)
    assert command.returncode == 130
    said = told.decode().splitlines()
    assert said[-3:] == [
        "lines up to 100 were tried; go on with line 101",
        "100 published, 0 bad lines, 0 not published",
        "patterns: interrupted; what this command started is ended",
    ]
    assert box.visible() == (100, 0)


@pytest.mark.integration
def test_a_topic_that_goes_away_stops_it(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every event that was tried in vain is named, by line and id."""
    subscribed(shop)
    shop.publish(topic_arn="arn:aws:sns:us-east-1:000000000000:gone")
    with pytest.raises(SystemExit) as ended:
        publish_at(shop.place, written(tmp_path, *many(500)))
    assert ended.value.code == 1
    shown = capsys.readouterr().err
    assert "line 1: event event-0 was not published: the topic takes nothing from us\n" in shown
    assert "stopped early: An error occurred (NotFound)" in shown
    assert "0 published, 0 bad lines, " in shown
    assert os.linesep * 2 not in shown
