from datetime import date, timedelta
from itertools import pairwise

import pytest

from patterns_batch.days import minutes_of_hours
from patterns_batch.page.axes import Span, date_labels, hour_labels, span_of, steps_of, ticks
from patterns_batch.page.formats import Formats, minor_digits

TOPS = [0, 1, 2, 3, 5, 6, 7, 9, 10, 11, 26, 51, 99, 100, 101, 999, 1001, 9_999, 10_000, 10_001, 123_456, 10**12 + 7]
LENGTHS = [
    1,
    2,
    5,
    6,
    7,
    8,
    14,
    30,
    31,
    59,
    62,
    90,
    100,
    101,
    180,
    365,
    366,
    400,
    401,
    800,
    3_652,
    12_174,
    12_200,
    20_000,
]


@pytest.mark.parametrize("top", TOPS)
@pytest.mark.parametrize("currency", ["JPY", "EUR", "KWD", ""])
@pytest.mark.parametrize("locale", ["en", "ja"])
def test_no_two_ticks_have_one_label(top: int, currency: str, locale: str) -> None:
    """They are at equal distances, from 0 to the highest value or a little more."""
    places = ticks(top)
    assert places[0] == 0
    assert top <= places[-1] <= max(2 * top, top + 1)
    assert len(places) <= 6
    assert len({after - before for before, after in pairwise(places)}) <= 1
    labels = Formats(locale).axis(places, minor_digits(currency) if currency else 0)
    assert len(set(labels)) == len(labels)
    assert max(map(len, labels)) <= 9


def test_ticks_are_written_short_where_they_are_large() -> None:
    """Each value exactly, in the language's own units."""
    assert Formats("en").axis(ticks(1_400_000_00), 2) == ["0", "500K", "1M", "1.5M"]
    assert Formats("ja").axis(ticks(14_000)) == ["0", "5000", "1万", "1.5万"]
    assert Formats("en").axis(ticks(7), 2) == ["0.00", "0.02", "0.04", "0.06", "0.08"]
    assert Formats("en").axis(ticks(3)) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("locale", ["en", "ja"])
@pytest.mark.parametrize("first", [date(2025, 1, 1), date(2025, 11, 3), date(2024, 2, 29), date(1970, 1, 2)])
def test_dates_are_few_and_each_is_there_once(length: int, locale: str, first: date) -> None:
    """From one day to fifty years; the chart never has more places than it has room for."""
    last = first + timedelta(days=length - 1)
    span = span_of(first, last)
    begins = steps_of(span, first, last)
    assert len(begins) <= 400
    assert begins[0] <= first
    assert begins[-1] <= last < span.following(begins[-1])
    labels = date_labels(span, begins, Formats(locale))
    assert 1 <= len(labels) <= 6
    assert len(set(labels.values())) == len(labels)


def test_a_year_of_days_has_months_for_labels() -> None:
    """The first with its year, and again where the year changes."""
    begins = steps_of(Span.DAY, date(2025, 11, 3), date(2026, 11, 2))
    labels = date_labels(Span.DAY, begins, Formats("en"))
    assert list(labels.values()) == ["Jan 2026", "Mar", "May", "Jul", "Sep", "Nov"]
    assert {begins[place].day for place in labels} == {1}
    half = steps_of(Span.DAY, date(2025, 11, 3), date(2026, 3, 2))
    assert list(date_labels(Span.DAY, half, Formats("ja")).values()) == ["2025年12月", "2026年1月", "2月", "3月"]


@pytest.mark.parametrize(
    ("day", "zone", "unusual"),
    [
        (date(2026, 3, 29), "Europe/Berlin", {2: 0}),
        (date(2026, 10, 25), "Europe/Berlin", {2: 120}),
        (date(2026, 10, 4), "Australia/Lord_Howe", {2: 30}),
        (date(2026, 4, 5), "Australia/Lord_Howe", {1: 90}),
        (date(2026, 3, 8), "America/Havana", {0: 0}),
        (date(2011, 12, 30), "Pacific/Apia", dict.fromkeys(range(24), 0)),
        (date(2026, 11, 22), "Asia/Kathmandu", {}),
    ],
)
def test_a_change_of_clocks_is_seen_in_the_hours(day: date, zone: str, unusual: dict[int, int]) -> None:
    """An hour that was left out is not there, one that came twice is there once, with its minutes."""
    minutes = minutes_of_hours(day, zone)
    assert {hour: minutes.get(hour, 0) for hour in range(24) if minutes.get(hour, 0) != 60} == unusual
    labels = hour_labels([hour for hour in range(24) if hour in minutes])
    assert len(set(labels.values())) == len(labels)
