from dataclasses import replace
from html.parser import HTMLParser

import pytest

from patterns_async.application.mail import mail_about
from patterns_shared.domain.errors import InvalidEvent
from patterns_shared.domain.events import Contact, Event, EventType, OrderRejectedData
from patterns_shared.domain.orders import OrderLine
from patterns_shared.testing import make_event

MAILED = [EventType.ORDER_FULFILLED, EventType.ORDER_REJECTED, EventType.ORDER_CANCELLED]


class Words(HTMLParser):
    """The words of a page, and the elements that it is made of."""

    def __init__(self, page: str) -> None:
        """Read the page."""
        super().__init__()
        self.text = ""
        self.elements: list[str] = []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        self.text += data

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - HTMLParser's
        """Keep the element."""
        self.elements.append(tag)


def with_data(event: Event, **changes: object) -> Event:
    """Return the event with other data."""
    return replace(event, data=replace(event.data, **changes))  # type: ignore[arg-type] # fields of OrderData


@pytest.mark.parametrize("event_type", MAILED)
def test_both_versions_of_a_mail_say_the_same(event_type: EventType) -> None:
    """What it is about, every line, the total and the order."""
    event = make_event(event_type)
    mail = mail_about(event)
    page = Words(mail.html)
    assert mail.to == "ada@example.com"
    for text in (mail.text, page.text):
        assert "Assam black tea, 100 g" in text
        assert "13.80 EUR" in text
        assert "Glass teapot, 1 l" in text
        assert "48.70 EUR" in text
        assert event.order_id in text
        assert "2026-01-05 09:30 (UTC)" in text
    assert mail.subject in page.text


def test_every_kind_of_news_has_its_own_words() -> None:
    """A cancellation cannot be mistaken for a delivery."""
    mails = [mail_about(make_event(event_type)) for event_type in MAILED]
    assert len({mail.subject for mail in mails}) == len({mail.text for mail in mails}) == len(MAILED)


def test_a_rejection_says_why() -> None:
    """In both versions; the others have no reason to give."""
    mail = mail_about(make_event(EventType.ORDER_REJECTED))
    assert "2001 pieces are over the limit of 2000" in mail.text
    assert "2001 pieces are over the limit of 2000" in mail.html
    assert "Reason" not in mail_about(make_event(EventType.ORDER_FULFILLED)).text


def test_nothing_in_an_event_becomes_markup() -> None:
    """Whatever a producer puts into a reason, a product or a currency is text; so are its dollar signs."""
    event = make_event(EventType.ORDER_REJECTED)
    assert isinstance(event.data, OrderRejectedData)
    clean = Words(mail_about(event).html)
    nasty = '<script>alert(1)</script> $total & "x" ${order_id}'
    lines = (OrderLine(nasty, 2, 690), OrderLine("POT-GLASS-1L", 1, 3490))
    mail = mail_about(with_data(event, reason=nasty, lines=lines, currency=nasty))
    page = Words(mail.html)
    assert page.elements == clean.elements
    assert page.text.count(nasty) >= 3
    assert nasty in mail.text


def test_a_product_that_the_catalogue_no_longer_has_keeps_its_number() -> None:
    """A mail about an old order is better than none."""
    event = with_data(make_event(EventType.ORDER_FULFILLED), lines=(OrderLine("GONE-1", 1, 4870),))
    assert "1 x GONE-1: 48.70 EUR" in mail_about(event).text


@pytest.mark.parametrize(
    "address",
    [
        "no-address",
        "a@b",
        "a b@example.com",
        "ada@example.com\r\nBcc: all@example.com",
        "ada@example.com,eve@example.com",
        "Ada <ada@example.com>",
        "ädä@example.com",
        "@example.com",
        "ada@exa_mple.com",
    ],
)
def test_what_is_no_single_address_gets_no_mail(address: str) -> None:
    """Refused by name of the field, and not quoted."""
    event = with_data(make_event(EventType.ORDER_FULFILLED), contact=Contact(address))
    with pytest.raises(InvalidEvent) as refused:
        mail_about(event)
    assert refused.value.field == "data.contact.email"
    assert address not in str(refused.value)


@pytest.mark.parametrize("address", ["ada@example.com", "a.b+c@sub.example.co", "o'hara@x-y.example"])
def test_usual_addresses_get_mail(address: str) -> None:
    """Tags, dots and apostrophes included."""
    assert mail_about(with_data(make_event(EventType.ORDER_FULFILLED), contact=Contact(address))).to == address


def test_a_placed_order_is_no_news() -> None:
    """The page said so already."""
    with pytest.raises(InvalidEvent, match="type"):
        mail_about(make_event(EventType.ORDER_PLACED))


def test_a_mail_does_not_show_its_address() -> None:
    """Not even when it is printed by accident."""
    assert "ada@" not in repr(mail_about(make_event(EventType.ORDER_FULFILLED)))
