"""A partner that answers as no HTTP server would, behind the deployed function."""

import re
from collections import Counter
from collections.abc import Callable

import pytest
from tests.receivers import Receivers
from tests.stack import DeployedStack

from patterns_async.testing.raw_partner import CLOSE, RawPartner, Step, answer_of, drip
from patterns_local.partner.client import PartnerClient
from patterns_shared.domain.events import EventType
from patterns_shared.testing.order_events import events_of_orders

pytestmark = pytest.mark.integration

_KEY = re.compile(rb"idempotency-key: ([^\r\n]+)", re.IGNORECASE)
_BAD: list[list[Step]] = [
    [b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.1, answer_of(500)],
    [b"HTTP/1.1 100 Continue\r\n\r\n", answer_of(422, b"no such sku")],
    [*drip(b"HTTP/1.1 2", seconds=0.2), 60.0],
    [b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nonly this", CLOSE],
    [answer_of(201), answer_of(500, b"unexpected")],
]
"""What an event is answered at first, for the first few; afterwards, and for the others, it is 201."""


def answering(asked: Counter[str]) -> Callable[[bytes], list[Step]]:
    """Return a partner's behaviour, which counts how often it is asked about which event, in the order of the first."""

    def answer(request: bytes) -> list[Step]:
        found = _KEY.search(request)
        assert found
        key = found[1].decode()
        asked[key] += 1
        number = list(asked).index(key)
        return _BAD[number] if number < len(_BAD) and asked[key] == 1 else [answer_of(201)]

    return answer


@pytest.mark.usefixtures("partner")
def test_whatever_its_bytes_each_event_is_delivered_or_refused_as_the_partner_said(
    async_stack: DeployedStack, receivers: Receivers
) -> None:
    """103 and then 500, and what drips, come again; 422 is a dead letter; 201 counts though the rest breaks off."""
    events = [x for x in events_of_orders(seed=41, orders=20) if x.type is EventType.ORDER_FULFILLED][:8]
    asked: Counter[str] = Counter()
    with RawPartner([answering(asked)]) as raw, async_stack.with_variables("partner", {"PARTNER_URL": raw.url}):
        receivers.publish(events)
        (letter,) = receivers.take_dead_letters("partner", count=1)
        receivers.settle("partner")
    assert letter.reason == "the partner answered 422: no such sku"
    assert asked.keys() == {event.id for event in events}
    # At least: on a busy machine a queue may bring others once more; tests of the client count its requests.
    failed, _, dripping, *_ = asked.values()
    assert failed > 1
    assert dripping > 1
    assert sum(asked.values()) < 2 * len(events)


def test_a_partner_that_refuses_everything_costs_four_dead_letters(
    partner: PartnerClient, receivers: Receivers
) -> None:
    """The others wait, and are delivered once it is well again."""
    events = [x for x in events_of_orders(seed=42, orders=60) if x.type is EventType.ORDER_FULFILLED][:30]
    partner.behave("refuse", status=404)
    receivers.publish(events)
    letters = receivers.take_dead_letters("partner", count=4)
    assert len(letters) == 4
    assert all(letter.reason.startswith("the partner answered 404: ") for letter in letters)
    partner.behave("up")
    receivers.settle("partner", seconds=90)
    assert partner.seen()["accepted"] == len(events) - 4
