"""What the partner remembers: every event, however many there are."""

import json

from patterns_local.partner.seen import Seen


def test_fifty_thousand_events_are_listed_with_their_counts() -> None:
    """The list is one answer of a few megabytes."""
    seen = Seen()
    for number in range(50_000):
        event = seen.asked(f"event-{number}")
        event.done += 1
    seen.asked("event-0")
    shown = json.loads(json.dumps(seen.shown(with_events=True)))
    assert (shown["events"], shown["done"], len(shown["ids"])) == (50_000, 50_000, 50_000)
    assert shown["ids"]["event-0"] == {"asked": 2, "done": 1}
    assert "ids" not in seen.shown(with_events=False)


def test_what_is_in_flight_is_counted_while_it_is() -> None:
    """Also across forgetting, which does not end any request."""
    seen = Seen()
    with seen.request(), seen.request():
        seen.forget()
        assert (seen.shown(with_events=False)["in_flight"], seen.shown(with_events=False)["requests"]) == (2, 0)
    shown = seen.shown(with_events=False)
    assert (shown["in_flight"], shown["most_in_flight"]) == (0, 2)
