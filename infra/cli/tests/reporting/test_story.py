"""An execution's history, told as steps: times, tries, shards side by side, and why a try failed."""

import json
from typing import Any

import pytest

from patterns_cli.reporting.step_lines import StepLines
from patterns_cli.reporting.story import Story, why_a_task_failed

# A class of the fixtures, which importlib's mode keeps out of reach as an import.
History = Any


def told(history: History) -> list[str]:
    """Tell it all."""
    lines: list[str] = []
    story = Story(StepLines(lines.append))
    for event in history.events:
        story.take(event)
    story.close()
    return lines


def run_task(history: History, step: str, part: str = "on Spot", *, code: int = 0) -> None:
    """Let a task of a step end with an exit code."""
    history.enter("Task", f"{step} {part}")
    if code:
        history.fail(code=code)
    else:
        history.add("TaskSucceeded")
    history.leave("Task", f"{step} {part}")


def test_a_step_is_one_line_with_its_time(history: History) -> None:
    """Of the small states that hold it together nothing is seen, nor of the one that is round all of the work."""
    history.enter("Task", "Claim")
    history.leave("Task", "Claim")
    history.enter("Parallel", "Report")
    history.enter("Pass", "Plan begin")
    history.leave("Pass", "Plan begin")
    history.enter("Choice", "Plan where")
    history.leave("Choice", "Plan where")
    run_task(history, "Plan")
    history.enter("Pass", "Plan done")
    history.leave("Pass", "Plan done")
    history.leave("Parallel", "Report")
    history.enter("Succeed", "Reported")
    assert told(history) == ["     1.0 s  Claim", "     7.0 s  Plan (1 try)"]


def test_a_failed_try_says_why_and_is_counted(history: History) -> None:
    """By the container's exit code; the next one runs elsewhere."""
    history.enter("Pass", "Merge begin")
    run_task(history, "Merge", code=137)
    history.enter("Choice", "Merge failed")
    history.enter("Wait", "Merge pause")
    run_task(history, "Merge", code=75)
    run_task(history, "Merge", "on demand")
    history.enter("Pass", "Merge done")
    assert told(history) == [
        "Merge: try 1 (on Spot) failed: exit code 137 (Essential container in task exited)",
        "Merge: try 2 (on Spot) failed: exit code 75 (stopped, goes on at once)",
        "    12.0 s  Merge (3 tries)",
    ]


def test_what_is_given_up_has_failed(history: History) -> None:
    """The reason itself is the execution's, and told at its end."""
    history.enter("Pass", "Plan begin")
    run_task(history, "Plan", code=2)
    history.enter("Choice", "Plan failed")
    history.enter("Fail", "Plan given up")
    assert told(history) == [
        "Plan: try 1 (on Spot) failed: exit code 2 (bad input, not tried again)",
        "    failed  Plan",
    ]


def test_shards_are_one_line_whoever_of_them_failed(history: History) -> None:
    """They run side by side in one history: only by what an event follows is known whose it is."""
    history.enter("Map", "Shards")
    started = history.add("MapStateStarted", mapStateStartedEventDetails={"length": 3})
    tasks = []
    for number in range(3):
        history.add("MapIterationStarted", after=started, mapIterationStartedEventDetails={"index": number})
        history.enter("Pass", "Shard begin")
        tasks.append(history.enter("Task", "Shard on Spot"))
    history.add(
        "TaskTimedOut",
        after=tasks[1],
        taskTimedOutEventDetails={"error": "States.Timeout", "cause": ""},
    )
    again = history.enter("Task", "Shard on demand")
    for last in (tasks[2], again, tasks[0]):
        history.add("TaskSucceeded", after=last)
        history.leave("Task", "Shard on Spot")
        history.enter("Pass", "Shard done")
        history.add("MapIterationSucceeded", mapIterationSucceededEventDetails={"index": 0})
    history.add("MapStateSucceeded", after=started)
    history.leave("Map", "Shards")
    assert told(history) == [
        "Shard 1: try 1 (on Spot) failed: States.Timeout",
        f"{len(history.events) - 2:8.1f} s  Shards (3/3)",
    ]


def test_the_map_is_told_how_far_it_is(history: History) -> None:
    """For a terminal, which shows n of m while they run; then the next step begins."""
    seen: list[tuple[str, int]] = []

    class Bars(StepLines):
        def begin(self, step: str, total: int | None) -> None:
            seen.append(("begin " + step, total or 0))

        def advance(self, step: str, done: int, note: str) -> None:
            del note
            seen.append((step, done))

    history.enter("Map", "Shards")
    started = history.add("MapStateStarted", mapStateStartedEventDetails={"length": 2})
    for number in range(2):
        history.add("MapIterationStarted", after=started, mapIterationStartedEventDetails={"index": number})
    history.add("MapIterationSucceeded", mapIterationSucceededEventDetails={"index": 1})
    history.add("MapIterationSucceeded", mapIterationSucceededEventDetails={"index": 0})
    history.add("MapStateSucceeded", after=started)
    history.leave("Map", "Shards")
    history.enter("Pass", "Merge begin")
    story = Story(Bars(lambda _: None))
    for event in history.events:
        story.take(event)
        assert event["type"] != "MapIterationStarted" or seen == [("begin Shards", 2)]
    assert seen == [("begin Shards", 2), ("Shards", 1), ("Shards", 2), ("begin Merge", 0)]


@pytest.mark.parametrize(("end", "line"), [("MapRunSucceeded", "s  Shards"), ("MapRunFailed", "    failed  Shards")])
def test_shards_that_are_executions_of_their_own_are_one_line(history: History, end: str, line: str) -> None:
    """The report's history has nothing of them."""
    history.enter("Map", "Shards")
    history.add("MapRunStarted", mapRunStartedEventDetails={"mapRunArn": "arn:aws:states:::mapRun:a/Shards:b"})
    history.add(end)
    if end == "MapRunSucceeded":
        history.leave("Map", "Shards")
    (told_of,) = told(history)
    assert told_of.endswith(line)


def test_a_shard_that_is_given_up_ends_all(history: History) -> None:
    """The others are ended with it, and are not told of."""
    history.enter("Map", "Shards")
    started = history.add("MapStateStarted", mapStateStartedEventDetails={"length": 2})
    history.add("MapIterationStarted", after=started, mapIterationStartedEventDetails={"index": 0})
    run_task(history, "Shard", code=2)
    history.enter("Fail", "Shard given up")
    history.add("MapIterationFailed", mapIterationFailedEventDetails={"index": 0})
    history.add("MapStateFailed", after=started)
    assert told(history) == [
        "Shard 0: try 1 (on Spot) failed: exit code 2 (bad input, not tried again)",
        "    failed  Shards",
    ]


def test_what_is_caught_on_purpose_is_no_failure(history: History) -> None:
    """The claim is refused when another execution holds it, as intended."""
    history.enter("Task", "Claim")
    history.fail(error="DynamoDb.ConditionalCheckFailedException", cause="The conditional request failed")
    history.leave("Task", "Claim")
    history.enter("Succeed", "Stand back")
    assert told(history) == ["     2.0 s  Claim"]


def test_an_end_from_outside_leaves_nothing_open(history: History) -> None:
    """Somebody stopped the execution in the middle of a step."""
    history.enter("Pass", "Plan begin")
    history.enter("Task", "Plan on Spot")
    history.add("ExecutionAborted")
    assert told(history) == ["    failed  Plan"]


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (
            json.dumps({"Containers": [{}], "StoppedReason": "CannotPullContainerError: x"}),
            "no exit code (CannotPullContainerError: x)",
        ),
        (
            json.dumps({"Containers": [{"ExitCode": 137, "Reason": "OutOfMemoryError"}]}),
            "exit code 137 (OutOfMemoryError)",
        ),
        ("no\n JSON", "Ecs.AmazonECSException: no JSON"),
        ("[]", "Ecs.AmazonECSException: []"),
        ("x" * 5000, f"Ecs.AmazonECSException: {'x' * 276}"),
    ],
)
def test_a_cause_is_not_always_a_container_s_end(cause: str, words: str) -> None:
    """An image that cannot be pulled, memory that ran out, a refusal by ECS: one short line each."""
    assert why_a_task_failed("Ecs.AmazonECSException", cause) == words
