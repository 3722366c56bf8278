import json
import time
from typing import Any

import pytest

from patterns_shared.observability.logger import make_logger

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl-_"


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return what was logged since the last look."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def raise_it(text: str) -> None:
    """Raise an error as a library would, quoting what it was given."""
    raise ValueError(text)


def test_a_line_says_where_it_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON, with the keys that all patterns have; the time is in UTC."""
    make_logger("a_pattern", "local").info("placed", order_id="order-1")
    [line] = lines(capsys)
    expected = {"level": "INFO", "message": "placed", "service": "a_pattern", "pattern": "a_pattern", "stage": "local"}
    assert line.items() >= {**expected, "order_id": "order-1"}.items()
    assert line["timestamp"].endswith("+00:00")


def test_keys_of_one_invocation_end_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The pattern and the stage stay."""
    logger = make_logger("another_pattern", "local")
    with logger.append_context_keys(order_id="order-1", trace_id="t"):
        logger.info("within")
    logger.info("after")
    within, after = lines(capsys)
    assert (within["order_id"], within["trace_id"]) == ("order-1", "t")
    assert "order_id" not in after
    assert after["pattern"] == "another_pattern"


def test_one_pattern_has_one_logger(capsys: pytest.CaptureFixture[str]) -> None:
    """Asked for twice, every line is still written once."""
    make_logger("twice", "local")
    make_logger("twice", "local").info("once")
    assert len(lines(capsys)) == 1


@pytest.mark.parametrize(
    "address", ["ada@example.com", "a.b+c%d_e-f@mail.example.co.uk", "žofie@příklad.cz", "x" * 300 + "@example.com"]
)
def test_no_address_is_logged_wherever_it_stands(capsys: pytest.CaptureFixture[str], address: str) -> None:
    """In the message, in a key, deep in a value, and in an exception's text and traceback."""
    logger = make_logger("addresses", "local")
    logger.info("to %s.", address)
    logger.info({"to": {"deep": [address]}})
    logger.info("said", customer=address)
    try:
        raise_it(f"no such mailbox: <{address}>")
    except ValueError:
        logger.exception("failed")
    written = capsys.readouterr().out
    assert "@" not in written
    assert written.count("[address]") >= 4
    assert [json.loads(line)["level"] for line in written.splitlines()] == ["INFO", "INFO", "INFO", "ERROR"]


@pytest.mark.parametrize("token", [TOKEN, f"Bearer {TOKEN}", TOKEN.rsplit(".", 1)[0] + "."])
def test_no_token_is_logged(capsys: pytest.CaptureFixture[str], token: str) -> None:
    """A JSON web token, signed or not, leaves nothing of its claims."""
    make_logger("tokens", "local").warning("refused", header=token)
    written = capsys.readouterr().out
    assert "[token]" in written
    assert "eyJ" not in written


def test_other_texts_are_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Ids, paths and an @ that is no address."""
    text = "order 019b8d00-0000-7000-8000-00000000beef @ 09:30, arn:aws:sqs:us-east-1:0:q, eyJ, v1.2@main, ü"
    make_logger("texts", "local").info(text)
    assert lines(capsys)[0]["message"] == text


@pytest.mark.parametrize("part", ["a", "@", "a@", "b.", "eyJ", "eyJaaaaaa."])
def test_a_long_line_takes_no_more_than_its_length(capsys: pytest.CaptureFixture[str], part: str) -> None:
    """A text made to keep the search busy: sixteen times as long, and far from its square as much processor time."""
    logger = make_logger("long", "local")

    def needed(length: int) -> float:
        text = "a@" + part * (length // len(part)) + "@eyJ"
        began = time.thread_time()
        logger.info(text)
        return time.thread_time() - began

    short, long = (min(needed(length) for _ in range(3)) for length in (10_000, 160_000))
    assert long < 80 * max(short, 0.0005)
    assert len(lines(capsys)) == 2 * 3
