"""Every night has a report, whatever the clocks do: for each zone of the world, and each schedule that is taken."""

import json
from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from patterns_infra.schedule_texts import DEFAULT_SCHEDULE, why_refused
from patterns_infra.settings import Settings, SettingsError
from patterns_infra.zone_offsets import Offset, offsets

FIRST, DAYS = date(2027, 1, 1), 730
NAMES = sorted(available_timezones() - {"localtime"})


@pytest.fixture(scope="module")
def zones() -> list[str]:
    """Return every zone once: many names are links, whose files are the same to the byte."""
    folder = files("tzdata") / "zoneinfo"
    return list({folder.joinpath(*name.split("/")).read_bytes(): name for name in NAMES}.values())


def day_before(due: datetime, known: tuple[Offset, ...]) -> date:
    """Return what the state machine computes: see `test_the_machine_reports_the_shop_s_own_day`."""
    holds = known[max(bisect_right(known, due, key=lambda each: each.begin) - 1, 0)]
    return (due + timedelta(minutes=holds.minutes - 24 * 60)).date()


def due_moments(at: time, day: date, zone: ZoneInfo) -> list[datetime]:
    """Return when EventBridge Scheduler is due: never at a time that there is not, once at one that there is twice.

    Both moments of such a time are returned, since nothing says which of them it takes.
    """
    first = datetime.combine(day, at, zone)
    second = first.replace(fold=1)
    both = [first] if first.utcoffset() == second.utcoffset() else [first, second]
    moments = [each.astimezone(UTC) for each in both]
    return [moment for moment in moments if moment.astimezone(zone).time() == at]


def test_each_day_has_its_report_once_in_every_zone(zones: list[str]) -> None:
    """For two years, at the default time and in the first minutes of a day: the day before, and none left out."""
    days = [FIRST + timedelta(days=number) for number in range(DAYS)]
    refused = []
    for name in zones:
        zone, known = ZoneInfo(name), offsets(name, range(2026, 2030))
        for at in (time(4), time(0, 1)):
            if why_refused(f"cron({at.minute} {at.hour} * * ? *)", name):
                refused.append((name, at))
                continue
            for day in days:
                due = due_moments(at, day, zone)
                assert due, f"{day} is skipped at {at} in {name}"
                assert {day_before(each, known) for each in due} == {day - timedelta(days=1)}, f"{name}, {day} at {at}"
    # Lebanon, Cuba, Chile, Egypt and a few more change their clocks at midnight.
    assert ("Asia/Beirut", time(0, 1)) in refused
    assert {at for _, at in refused} == {time(0, 1)}
    assert len(refused) < 20


def test_the_default_is_a_time_that_every_zone_has(zones: list[str]) -> None:
    """For as long as its rules are known: it is refused nowhere."""
    assert len(zones) > 300
    assert {name: why for name in zones if (why := why_refused(DEFAULT_SCHEDULE, name))} == {}


@pytest.mark.parametrize(
    ("expression", "zone", "told"),
    [
        ("cron(30 2 * * ? *)", "Europe/Berlin", "has no time on 2026-03-29 in Europe/Berlin: the clocks go from 02:00"),
        ("cron(0 3 * * ? *)", "Europe/Athens", "on 2026-03-29 in Europe/Athens: the clocks go from 03:00 to 04:00"),
        ("cron(0 0 * * ? *)", "Asia/Beirut", "the clocks go from 00:00 to 01:00"),
        ("cron(0,15,30,45 2 * * ? *)", "America/New_York", "the clocks go from 02:00 to 03:00"),
        ("cron(0/20 2 ? * SUN *)", "Europe/Berlin", "has no time on 2026-03-29"),
        ("cron(10 2 ? * 7-1 *)", "Australia/Lord_Howe", "the clocks go from 02:00 to 02:30"),
        ("rate(1 day)", "Europe/Berlin", "is due every 24 hours, and a day in Europe/Berlin may have 23"),
        ("rate(23 hours)", "Antarctica/Troll", "may have 22"),
        ("at(2026-12-24T03:00:00)", "UTC", "must be cron("),
        ("cron(0 24 * * ? *)", "UTC", "must be cron("),
        ("cron(0 3 * *)", "UTC", "must be cron("),
        ("every night", "UTC", "must be cron("),
    ],
)
def test_a_schedule_that_leaves_out_a_day_is_refused(expression: str, zone: str, told: str) -> None:
    """With the day, what the clocks do, and a time that does."""
    with pytest.raises(SettingsError, match=r"^setting 'report_schedule' ") as refused:
        Settings(time_zone=zone, report_schedule=expression)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("expression", "zone"),
    [
        ("cron(30 0 * * ? *)", "Europe/Berlin"),
        ("cron(0 3 * * ? *)", "Europe/Berlin"),
        ("cron(45 2 * * ? *)", "Australia/Lord_Howe"),
        ("cron(30 2 * * ? *)", "Asia/Tokyo"),
        ("cron(30 2 ? * MON-FRI *)", "Europe/Berlin"),
        ("cron(30 2,4 * * ? *)", "Europe/Berlin"),
        ("cron(0 * * * ? *)", "Europe/Berlin"),
        ("cron(0 */6 * * ? *)", "America/Havana"),
        ("rate(1 day)", "Asia/Kolkata"),
        ("rate(12 hours)", "Europe/Berlin"),
    ],
)
def test_a_schedule_that_has_a_time_on_each_of_its_days_is_taken(expression: str, zone: str) -> None:
    """As it is given."""
    assert Settings(time_zone=zone, report_schedule=expression).report_schedule == expression


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns", "Africa/Casablanca", "Asia/Kathmandu", "UTC"])
def test_offsets_are_those_of_the_zone(zone: str) -> None:
    """A second before each change, and at it."""
    known = offsets(zone)
    for before, after in pairwise(known):
        for moment, minutes in ((after.begin - timedelta(seconds=1), before.minutes), (after.begin, after.minutes)):
            assert moment.astimezone(ZoneInfo(zone)).utcoffset() == timedelta(minutes=minutes)
    assert (len(known) > 2) == (zone not in {"Asia/Kathmandu", "UTC"})
    assert len(json.dumps([each.minutes for each in known])) < 1500
