from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from patterns_batch.application.report_names import parse_address, parse_content, parse_date
from patterns_batch.errors import BadInput
from patterns_batch.manifest import Manifest
from patterns_batch.testing import COLUMNS, csv_of, lines_of, make_orders, parquet_of

DAY = date(2026, 11, 22)
World = Any
LINES = lines_of(make_orders(50, day=DAY))


@pytest.mark.parametrize("what", ["a.csv", "a.parquet", DAY], ids=str)
def test_a_manifest_is_read_as_it_was_written(world: World, what: Any) -> None:  # noqa: ANN401
    """Every field of it, for each kind of source."""
    world.drop("a.csv", csv_of(LINES))
    world.drop("a.parquet", parquet_of(LINES))
    manifest = world.plan(what)
    assert Manifest.decode(world.objects.kept["runs/run/manifest.json"]) == manifest


def test_a_manifest_of_another_version_is_refused(world: World) -> None:
    """And not half understood."""
    text = world.plan(DAY).encode().replace(b'"schema_version":5', b'"schema_version":4')
    with pytest.raises(ValueError, match="another version"):
        Manifest.decode(text)


def test_planning_again_changes_nothing(world: World) -> None:
    """Whatever has changed since: settings, the file, the time, the key."""
    world.drop("a.csv", csv_of(LINES))
    before = world.plan("a.csv")
    kept = dict(world.objects.kept)
    world.set(reject_share=0.9, time_zone="Europe/Berlin")
    world.drop("a.csv", csv_of(LINES[:-1]))
    world.now = datetime(2027, 1, 1, tzinfo=UTC)
    world.pseudonyms.keys["2"] = "another secret of enough characters"
    assert world.plan("a.csv") == before
    assert world.objects.kept == kept


def test_planning_again_looks_nothing_up(world: World) -> None:
    """So that a retry does not fail because of what has gone since."""
    world.drop("a.csv", csv_of(LINES))
    file, day = world.plan("a.csv", run="file"), world.plan(DAY)
    world.inputs.kept.clear()
    world.table.deployed = False
    assert (world.plan("a.csv", run="file"), world.plan(DAY)) == (file, day)


def test_of_two_plans_at_once_the_first_holds(world: World) -> None:
    """The other one goes on with it."""
    first = world.plan(DAY)
    planner = world.steps.planner
    other = planner._of_date("run", DAY)
    world.set(reject_share=0.9)
    assert planner._freeze(other) == first


def test_a_run_is_of_one_report(world: World) -> None:
    """Its name cannot be used for another day."""
    world.plan(DAY)
    with pytest.raises(BadInput, match="run run was planned for date=2026-11-22, and cannot become date=2026-11-21"):
        world.plan(date(2026, 11, 21))


def test_a_day_that_lies_ahead_is_refused(world: World) -> None:
    """By the clocks of the zone: the 25th has begun in Auckland while it is the 24th in UTC."""
    world.now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    with pytest.raises(BadInput, match=r"--date 2026-11-25 is in the future: it is 2026-11-24 in UTC"):
        world.plan(date(2026, 11, 25))
    world.set(time_zone="Pacific/Auckland")
    assert world.plan(date(2026, 11, 25)).report == "date=2026-11-25"


def test_a_web_api_that_is_not_there_is_told(world: World) -> None:
    """Nothing is written."""
    world.table.deployed = False
    with pytest.raises(BadInput, match="the web API is not deployed"):
        world.plan(DAY)
    assert not world.objects.kept


def test_the_days_that_are_read_are_the_day_and_those_it_is_compared_with(world: World) -> None:
    """In microseconds, and by the clocks of the zone: the week before was summer time."""
    world.set(time_zone="Europe/Berlin")
    manifest = world.plan(date(2026, 10, 26))
    moments = [datetime.fromtimestamp(begin / 1e6, UTC).isoformat() for begin, _ in manifest.days]
    assert moments == ["2026-10-25T23:00:00+00:00", "2026-10-24T22:00:00+00:00", "2026-10-18T22:00:00+00:00"]
    assert [(end - begin) // 3_600_000_000 for begin, end in manifest.days] == [24, 25, 24]


def test_files_of_one_name_are_two_reports(world: World) -> None:
    """The name is for people, what follows it tells files apart; the same file is the same report."""
    for key in ("one/Orders März.csv", "two/Orders März.csv"):
        world.drop(key, csv_of(LINES))
    one, two, again = (
        world.plan(key, run=f"run-{number}").report
        for number, key in enumerate(("one/Orders März.csv", "two/Orders März.csv", "one/Orders März.csv"))
    )
    assert one.startswith("input=Orders-M-rz.csv-")
    assert one == again != two


def test_another_content_under_the_same_key_is_another_report(world: World) -> None:
    """Named by what is in it; the same content is the same report."""
    names = []
    for number, lines in enumerate((LINES, LINES[:-1], LINES)):
        world.drop("daily.csv", csv_of(lines))
        names.append(world.plan("daily.csv", run=f"run-{number}").report)
    assert names[0] == names[2] != names[1]


def test_a_run_is_of_the_content_that_it_was_started_for(world: World) -> None:
    """Where a bucket has no versions, what was there cannot be read any more; a retry goes on with its plan."""
    world.drop("daily.csv", csv_of(LINES))
    plan, content = world.steps.planner.plan_input, world.inputs.describe("inbox", "daily.csv").content
    planned = plan("run", "inbox", "daily.csv", content)
    assert planned.report == world.plan("daily.csv", run="by hand").report
    world.drop("daily.csv", csv_of(LINES[:-1]))
    assert plan("run", "inbox", "daily.csv", content) == planned
    with pytest.raises(BadInput, match=r"daily\.csv: has changed since the run was planned"):
        plan("late", "inbox", "daily.csv", content)
    with pytest.raises(BadInput, match=r"run run was planned for input=daily\.csv-\w+, and cannot become input=daily"):
        plan("run", "inbox", "daily.csv", world.inputs.describe("inbox", "daily.csv").content)


@pytest.mark.parametrize("text", ["abc", "versionId=", "etag=a b", "etag=\n", "ETag=1", "date=2026-11-22"])
def test_what_is_no_content_is_refused(text: str) -> None:
    """With the forms that it may have."""
    with pytest.raises(BadInput, match=r"^--content must be versionId=ID or etag=TAG, not"):
        parse_content(text)


@pytest.mark.parametrize(
    "text", ["2026-13-01", "2026-02-30", "20261122", "2026-W47-7", "yesterday", "", "2026-11-22T00"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    """With the text, which is no secret."""
    with pytest.raises(BadInput, match=r"^--date must be a day such as 2026-11-22, not"):
        parse_date(text)


@pytest.mark.parametrize("text", ["inbox/a.csv", "s3://inbox", "s3://inbox/", "s3:///a.csv", "https://inbox/a.csv", ""])
def test_what_is_no_address_is_refused(text: str) -> None:
    """With the form that it should have."""
    with pytest.raises(BadInput, match=r"^--input must be s3://bucket/key, not"):
        parse_address(text)


def test_an_address_may_have_anything_in_its_key() -> None:
    """As S3 allows it."""
    assert parse_address("s3://inbox/2026/a b+c=ü.csv") == ("inbox", "2026/a b+c=ü.csv")


def test_what_is_not_there_is_told(world: World, make_world: Callable[[], World]) -> None:  # noqa: ARG001
    """By its address."""
    with pytest.raises(BadInput, match=r"^s3://inbox/a.csv: is not there"):
        world.plan("a.csv")


def test_a_plan_is_small_whatever_the_header(world: World) -> None:
    """The state machine reads it, and a state's result has 256 KiB at most."""
    names = [f"note {number:05} {'x' * 40}" for number in range(8000)]
    header = ",".join([*COLUMNS, *names])
    row = ",".join([*(str(LINES[0][name]) for name in COLUMNS), *names])
    world.drop("wide.csv", f"{header}\n{row}\n".encode())
    manifest = world.plan("wide.csv")
    assert len(header) > 256 << 10
    assert len(manifest.encode()) < 4096
    assert Manifest.decode(manifest.encode()) == manifest
