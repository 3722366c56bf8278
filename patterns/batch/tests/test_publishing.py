import json
import posixpath
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_batch.errors import TryAgain
from patterns_batch.testing import csv_of, lines_of, make_orders
from patterns_batch.testing.pages import without_cost

DAY = date(2026, 11, 22)
POINTER = "reports/date=2026-11-22/report.json"
World = Any


@pytest.fixture
def merged(world: World) -> World:
    """A world with a run that is merged."""
    world.table.kept = make_orders(60, day=DAY, days=9)
    world.merge(world.plan(DAY))
    return world


def read_report(kept: dict[str, bytes]) -> dict[str, bytes] | None:
    """Return the files of the report as a reader finds them: the pointer first, then what it names, checked."""
    if POINTER not in kept:
        return None
    files = json.loads(kept[POINTER])["files"]
    found = {name: kept[file["key"]] for name, file in files.items()}
    assert {name: sha256(content).hexdigest() for name, content in found.items()} == {
        name: file["sha256"] for name, file in files.items()
    }
    return plain(found)


def plain(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return a report's files without the cost of its run."""
    return {**files, "sales.html": without_cost(files["sales.html"])}


def test_a_published_report_is_whole(merged: World) -> None:
    """The pointer names every file with its digest and size."""
    assert merged.steps.publisher.publish(merged.plan(DAY)) == POINTER
    assert read_report(merged.objects.kept) == plain(merged.files())


def test_a_reader_sees_the_report_of_before_or_the_new_one(merged: World) -> None:
    """After every single write of the second publication: never a mix, never nothing."""
    merged.steps.publisher.publish(merged.plan(DAY))
    before = read_report(merged.objects.kept)
    merged.table.kept = make_orders(80, day=DAY, days=9, seed=2)
    merged.merge(merged.plan(DAY, run="second"))
    seen: list[dict[str, bytes] | None] = []
    write = merged.objects.write

    def watched(key: str, content: bytes) -> None:
        write(key, content)
        seen.append(read_report(merged.objects.kept))

    merged.objects.write = watched
    merged.steps.publisher.publish(merged.plan(DAY, run="second"))
    after = plain(merged.files("second"))
    assert before != after
    assert seen[0] == before
    assert seen[-1] == after
    assert all(report in (before, after) for report in seen)


def test_publishing_again_changes_nothing(merged: World) -> None:
    """A retry of the step, or of the whole run."""
    merged.steps.publisher.publish(merged.plan(DAY))
    before = dict(merged.objects.kept)
    merged.steps.publisher.publish(merged.plan(DAY))
    assert merged.objects.kept == before
    merged.merge(merged.plan(DAY, run="again"))
    merged.steps.publisher.publish(merged.plan(DAY, run="again"))
    reports = {key: content for key, content in merged.objects.kept.items() if key.startswith("reports/")}
    assert reports == {key: content for key, content in before.items() if key.startswith("reports/")}


def test_neither_the_run_nor_a_clock_is_in_the_report(merged: World) -> None:
    """So that it can be compared, byte by byte, with another run's."""
    merged.merge(merged.plan(DAY, run="a-name-of-its-own"))
    merged.steps.publisher.publish(merged.plan(DAY, run="a-name-of-its-own"))
    published = b"".join(content for key, content in merged.objects.kept.items() if key.startswith("reports/"))
    assert b"a-name-of-its-own" not in published


def test_what_is_not_merged_is_not_published(world: World) -> None:
    """Nothing is written under the published names."""
    with pytest.raises(TryAgain, match="run run is not merged"):
        world.steps.publisher.publish(world.plan(DAY))
    assert not [key for key in world.objects.kept if key.startswith("reports/")]


def test_what_is_not_worked_off_is_not_merged(world: World) -> None:
    """Every shard counts."""
    with pytest.raises(TryAgain, match="shard 0 of run run is not done"):
        world.steps.merger.merge(world.plan(DAY))


class TestTheIndex:
    """The list of all reports."""

    def publish(self, world: World, *days: date) -> None:
        """Publish reports of these days."""
        for day in days:
            world.merge(world.plan(day, run=str(day)))
            world.steps.publisher.publish(world.plan(day, run=str(day)))

    def listed(self, world: World) -> list[str]:
        """Return the reports in the index, after a look whether the page has the same."""
        reports = json.loads(world.objects.kept["reports/index.json"])["reports"]
        page = world.objects.kept["reports/index.html"].decode()
        links = [link for link in re.findall(r'href="([^"]+)"', page) if not link.startswith("#")]
        assert links == 2 * [entry["page"].removeprefix("reports/").replace("=", "%3D") for entry in reports]
        assert all(entry["page"] in world.objects.kept for entry in reports)
        return [entry["report"] for entry in reports]

    def test_has_every_report_the_newest_first(self, world: World) -> None:
        """And leads to its page."""
        world.table.kept = make_orders(60, day=DAY, days=9)
        self.publish(world, date(2026, 11, 20), DAY, date(2026, 11, 21))
        assert self.listed(world) == ["date=2026-11-22", "date=2026-11-21", "date=2026-11-20"]

    def test_reads_again_what_has_changed_alone(self, world: World) -> None:
        """A thousand reports are not a thousand reads with every new one."""
        world.table.kept = make_orders(60, day=DAY, days=9)
        self.publish(world, date(2026, 11, 20), date(2026, 11, 21))
        read = world.objects.read
        keys: list[str] = []

        def noted(key: str) -> bytes | None:
            keys.append(key)
            found: bytes | None = read(key)
            return found

        world.objects.read = noted
        self.publish(world, DAY)
        assert [key for key in keys if key.endswith("report.json")] == [POINTER]

    def test_has_what_a_report_says_since_it_was_made_again(self, world: World) -> None:
        """Its summary and its page: the pointer's key is the same, its content is not."""
        world.table.kept = make_orders(60, day=DAY, days=9)
        self.publish(world, DAY, date(2026, 11, 21))
        world.table.kept = make_orders(90, day=DAY, days=9, seed=2)
        world.merge(world.plan(DAY, run="again"))
        world.steps.publisher.publish(world.plan(DAY, run="again"))
        assert self.listed(world) == ["date=2026-11-22", "date=2026-11-21"]
        entry, _ = json.loads(world.objects.kept["reports/index.json"])["reports"]
        (currency,) = world.result("again")["currencies"]
        (summary,) = entry["summary"]
        assert summary == {name: currency[name] for name in summary}
        assert summary["revenue"] != world.result(str(DAY))["currencies"][0]["revenue"]
        page = world.objects.kept[entry["page"]]
        assert without_cost(page) == without_cost(world.files("again")["sales.html"])

    def test_leads_from_a_version_of_a_file_to_the_one_before(self, world: World) -> None:
        """In the order in which they were put, whatever the order in which they were reported."""
        contents = [csv_of(lines_of(make_orders(5, day=DAY, seed=seed))) for seed in range(3)]
        puts = [datetime(2026, 11, 20 + number, tzinfo=UTC) for number in range(3)]
        plans = {}
        for number in (0, 2, 1):
            world.drop("daily.csv", contents[number])
            world.inputs.modified = puts[number]
            plans[number] = world.plan("daily.csv", run=f"run-{number}")
            world.merge(plans[number])
            world.steps.publisher.publish(plans[number])
        names = [plans[number].report for number in range(3)]
        index = json.loads(world.objects.kept["reports/index.json"])["reports"]
        assert [(entry["report"], entry["previous"]) for entry in index] == [
            (names[2], names[1]),
            (names[1], names[0]),
            (names[0], None),
        ]
        # A page says what there was when its run was planned.
        earlier = {number: plans[number].previous and plans[number].previous.report for number in plans}
        assert earlier == {0: None, 1: names[0], 2: names[0]}
        pages = {entry["report"]: entry["page"] for entry in index}
        link = re.search(r'href="(\.\./\.\./[^"]+)"', world.files("run-1")["sales.html"].decode())
        assert link
        folder = pages[names[1]].rpartition("/")[0]
        assert posixpath.normpath(posixpath.join(folder, unquote(link[1]))) == pages[names[0]]
        assert world.result("run-1")["previous"] == {"report": names[0], "page": pages[names[0]]}

    @pytest.mark.fuzz
    @given(data=st.data())
    def test_of_two_who_publish_at_once_has_both(self, make_world: Callable[[], World], data: st.DataObject) -> None:
        """At whatever moment of the first the second does all of its work."""
        world = make_world()
        world.table.kept = make_orders(60, day=DAY, days=9)
        other = date(2026, 11, 21)
        world.merge(world.plan(DAY, run="one"))
        world.merge(world.plan(other, run="two"))
        moment = data.draw(st.integers(0, 12))
        calls = 0
        originals = {name: getattr(world.objects, name) for name in ("write", "listing", "read")}

        def interrupted(name: str) -> Callable[..., Any]:
            def call(*arguments: Any) -> Any:  # noqa: ANN401
                nonlocal calls
                calls += 1
                if calls == moment:
                    world.steps.publisher.publish(world.plan(other, run="two"))
                return originals[name](*arguments)

            return call

        for name in originals:
            setattr(world.objects, name, interrupted(name))
        world.steps.publisher.publish(world.plan(DAY, run="one"))
        if calls < moment or moment == 0:
            world.steps.publisher.publish(world.plan(other, run="two"))
        assert self.listed(world) == ["date=2026-11-22", "date=2026-11-21"]
