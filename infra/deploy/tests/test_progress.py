"""What a command shows while it works."""

import io

import pytest

from patterns_deploy.node_cdk import ResourceEvent
from patterns_deploy.progress import PlainProgress, ResourceCount, RichProgress, Timings, progress_for


def test_a_pipe_gets_one_line_when_a_step_begins_and_one_when_it_ends() -> None:
    """Logs of continuous integration stay readable."""
    stream = io.StringIO()
    with progress_for(stream) as report:
        timings = Timings(report)
        with timings.step("deploy", 3) as note:
            report.advance("deploy", 1, "table")
            note("3 resources")
    lines = stream.getvalue().splitlines()
    assert lines[0] == "deploy (0/3) …"
    assert lines[1].startswith("deploy: done in 0.")
    assert lines[1].endswith("s, 3 resources")
    assert len(lines) == 2


def test_times_are_kept_for_the_benchmark_and_failed_steps_are_not_among_them() -> None:
    """A failed step's time says nothing about how long it takes."""
    stream = io.StringIO()
    timings = Timings(PlainProgress(stream))
    with timings.step("good"):
        pass
    with pytest.raises(ValueError, match="reason"), timings.step("bad"):
        raise ValueError("reason")
    assert list(timings.seconds) == ["good"]
    assert 0 <= timings.seconds["good"] <= timings.elapsed
    assert stream.getvalue().splitlines()[-1] == "bad: failed"


def test_resources_are_counted_once_and_without_the_stack_itself() -> None:
    """The bar ends at the template's number of resources, however events repeat themselves."""
    advanced: list[int] = []

    class Counter(PlainProgress):
        def advance(self, step: str, done: int, note: str) -> None:
            assert step == "deploy"
            assert note
            advanced.append(done)

    count = ResourceCount(Counter(), "deploy")
    for status, kind, name in (
        ("CREATE_IN_PROGRESS", "AWS::CloudFormation::Stack", "stack"),
        ("CREATE_COMPLETE", "AWS::DynamoDB::Table", "Orders"),
        ("CREATE_COMPLETE", "AWS::DynamoDB::Table", "Orders"),
        ("CREATE_IN_PROGRESS", "AWS::SQS::Queue", "Queue"),
        ("CREATE_COMPLETE", "AWS::CloudFormation::Stack", "stack"),
    ):
        count(ResourceEvent(99, status, kind, name))
    assert advanced == [1, 1, 1]


def test_bars_take_steps_that_overlap_fail_or_have_no_size() -> None:
    """Two steps run side by side, one of them may fail, and the display goes on."""
    with RichProgress() as report:
        report.begin("synth", None)
        report.begin("deploy", 5)
        report.advance("deploy", 9, "more than there are")
        report.end("synth", 1.0, "")
        report.say("a line with [brackets]")
        report.fail("deploy")
        tasks = {task.description: task for task in report._bars.tasks}
    assert tasks["synth"].finished
    assert tasks["[red]deploy"].fields["count"] == "5/5"
