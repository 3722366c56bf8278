"""Every way in which the partner can fail, over real HTTP."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from patterns_deploy.errors import PlatformError, WrongSwitch
from patterns_local.partner.client import PartnerClient
from patterns_local.partner.modes import PartnerMode

# The fixture's class, which importlib's mode keeps out of reach as an import.
Sender = Any

pytestmark = pytest.mark.integration


def _status(post: Callable[[], httpx.Response]) -> int | None:
    """Return the status of an answer, None when the connection was closed without one."""
    try:
        return post().status_code
    except (httpx.RemoteProtocolError, httpx.ReadError):
        return None


def test_a_partner_that_is_down_closes_the_connection_and_does_nothing(sender: Sender) -> None:
    """Until it is up again."""
    sender.control.behave("down")
    document = sender.document()
    assert _status(lambda: sender.post(document)) is None
    event = sender.control.event(document["id"])
    assert event
    assert (event["asked"], event["done"], event["type"]) == (1, 0, None)
    sender.control.behave("up")
    assert sender.post(document).status_code == 201


def test_a_partner_that_drops_has_done_the_work(sender: Sender) -> None:
    """Nobody knows until the event is sent again, which is a duplicate."""
    sender.control.behave("drop", for_requests=1)
    document = sender.document()
    assert _status(lambda: sender.post(document)) is None
    event = sender.control.event(document["id"])
    assert event
    assert (event["asked"], event["done"]) == (1, 1)
    again = sender.post(document)
    assert (again.status_code, again.json()["duplicate"]) == (200, True)


def test_a_slow_partner_answers_late(sender: Sender) -> None:
    """It has done the work all the same, also for who did not wait."""
    sender.control.behave("slow", delay_seconds=0.7)
    document = sender.document()
    began = time.monotonic()
    assert sender.post(document).status_code == 201
    assert time.monotonic() - began >= 0.7


def test_a_slow_partner_has_done_what_nobody_waited_for(sender: Sender, eventually: Any) -> None:  # noqa: ANN401
    """A timeout says nothing of whether the work was done."""
    sender.control.behave("slow", delay_seconds=0.7)
    document = sender.document()
    with pytest.raises(httpx.ReadTimeout):
        sender.post(document, timeout=0.2)
    assert eventually(lambda: sender.control.event(document["id"])["done"] == 1)


@pytest.mark.parametrize("retry_after", [None, 7, format_datetime(datetime(2030, 1, 1, tzinfo=UTC), usegmt=True)])
def test_a_partner_that_has_too_much_to_do_says_when_to_come_again(
    sender: Sender, retry_after: int | str | None
) -> None:
    """In seconds, as a date, or not at all."""
    sender.control.behave("too_many_requests", **({} if retry_after is None else {"retry_after": retry_after}))
    answer = sender.post(sender.document())
    assert answer.status_code == 429
    assert answer.headers.get("Retry-After") == (None if retry_after is None else str(retry_after))
    if isinstance(retry_after, str):
        assert parsedate_to_datetime(answer.headers["Retry-After"]) == datetime(2030, 1, 1, tzinfo=UTC)
    assert sender.control.seen()["done"] == 0


@pytest.mark.parametrize(
    ("mode", "numbers", "status"),
    [
        ("error", {}, 500),
        ("error", {"status": 503, "retry_after": 3}, 503),
        ("refuse", {}, 422),
        ("refuse", {"status": 410}, 410),
    ],
)
def test_a_partner_fails_and_refuses_with_the_status_that_it_was_told(
    sender: Sender, mode: str, numbers: dict[str, int], status: int
) -> None:
    """As a problem, without having looked at the signature."""
    sender.control.behave(mode, **numbers)
    answer = sender.post(sender.document(), headers={"X-Partner-Signature": "none"})
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers.get("Retry-After") == ("3" if "retry_after" in numbers else None)
    seen = sender.control.seen()
    assert (seen["done"], seen["faults"][mode], seen["rejected_signatures"]) == (0, 1, 0)


def test_every_mode_is_tested_here() -> None:
    """A new one cannot be forgotten."""
    text = Path(__file__).read_text()
    assert [mode for mode in PartnerMode if f'"{mode}"' not in text] == []


def test_a_fault_can_hit_every_third_request(sender: Sender) -> None:
    """The others are served well."""
    sender.control.behave("error", only_every=3)
    statuses = [sender.post(sender.document()).status_code for _ in range(6)]
    assert statuses == [201, 201, 500, 201, 201, 500]


def test_a_fault_can_hit_a_share_that_is_the_same_each_time(sender: Sender) -> None:
    """By its seed: a run that failed can be repeated."""

    def run(seed: int) -> list[bool]:
        sender.control.behave("error", share=0.5, seed=seed)
        return [sender.post(sender.document()).status_code == 500 for _ in range(40)]

    first, again, other = run(1), run(1), run(2)
    assert first == again
    assert first != other
    assert 8 <= sum(first) <= 32


def test_a_fault_is_over_after_so_many_requests_and_the_partner_says_so(sender: Sender) -> None:
    """A clock that is wrong stays wrong."""
    assert sender.control.behave("error", for_requests=2, clock_skew_seconds=5)["for_requests"] == 2
    statuses = [sender.post(sender.document()).status_code for _ in range(4)]
    assert statuses == [500, 500, 201, 201]
    behaviour = sender.control.behaviour()
    assert (behaviour["mode"], behaviour["clock_skew_seconds"]) == ("up", 5.0)
    assert "for_requests" not in behaviour
    assert sender.control.seen()["faults"]["error"] == 2


@pytest.mark.parametrize(
    ("mode", "numbers", "line"),
    [
        ("sideways", {}, "mode: Input should be 'up', 'down'"),
        ("slow", {"delay_seconds": 0}, "delay_seconds: Input should be greater than 0"),
        ("slow", {"delay_seconds": "long"}, "delay_seconds: Input should be a valid number"),
        ("down", {"delay_seconds": 1}, "delay_seconds goes with mode slow"),
        ("slow", {"retry_after": 1}, "retry_after goes with mode error or too_many_requests"),
        ("too_many_requests", {"retry_after": -1}, "retry_after: must be 0 or more seconds, or an HTTP date"),
        ("too_many_requests", {"retry_after": "soon"}, "retry_after: must be whole seconds, or an HTTP date"),
        ("too_many_requests", {"status": 430}, "status goes with mode error or refuse"),
        ("error", {"status": 404}, "status 404 is none of mode error"),
        ("refuse", {"status": 500}, "status 500 is none of mode refuse"),
        ("refuse", {"status": 429}, "status 429 is none of mode refuse"),
        ("error", {"only_every": 0}, "only_every: Input should be greater than or equal to 1"),
        ("error", {"share": 1.5}, "share: Input should be less than or equal to 1"),
        ("error", {"share": 0.5, "only_every": 2}, "only_every and share exclude each other"),
        ("error", {"for_requests": -3}, "for_requests: Input should be greater than or equal to 1"),
        ("up", {"for_requests": 3}, "mode up hits nothing: only_every, share, for_requests go with the other modes"),
        ("up", {"clock_skew_seconds": "x"}, "clock_skew_seconds: Input should be a valid number"),
        ("up", {"speed": 3}, "speed: Extra inputs are not permitted"),
    ],
)
def test_a_wrong_switch_names_the_field_and_changes_nothing(
    sender: Sender, mode: str, numbers: dict[str, Any], line: str
) -> None:
    """In one line."""
    before = sender.control.behaviour()
    with pytest.raises(WrongSwitch) as wrong:
        sender.control.behave(mode, **numbers)
    assert str(wrong.value).startswith(line)
    assert sender.control.behaviour() == before


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"share": 1}'])
def test_a_switch_that_is_none_is_refused(sender: Sender, body: bytes) -> None:
    """The reason is in the problem."""
    url = sender.server.url.replace("/events", "/control")
    answer = httpx.put(url, content=body, headers={"Content-Type": "application/json"}, trust_env=False)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["detail"]


def test_a_partner_that_is_not_there_is_one_clear_line() -> None:
    """With its address."""
    with pytest.raises(PlatformError, match=r"the partner does not answer at http://127\.0\.0\.1:9"):
        PartnerClient("http://127.0.0.1:9/events").seen()
