"""What a state machine in JSONata means, beyond what the emulator makes of it.

Each test sees AWS's behaviour in a corrected emulator and another one in the emulator as it comes from PyPI. When a
newer version behaves, the second half fails: the correction can go.
"""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

# The fixture's class, which importlib's mode keeps out of reach as an import.
Emulator = Any
Eventually = Callable[..., Any]
State = dict[str, Any]

pytestmark = pytest.mark.integration


def _pass(**state: Any) -> State:  # noqa: ANN401 - whatever a state takes
    return {"Type": "Pass", **({} if "Next" in state else {"End": True}), **state}


def _fails() -> State:
    return {"Type": "Fail", "Error": "Broken", "Cause": "{% 'item ' & $string($states.input) %}"}


def _call(action: str, **arguments: Any) -> State:  # noqa: ANN401 - as above
    return {"Type": "Task", "Resource": f"arn:aws:states:::{action}", "Arguments": arguments, "End": True}


def _output(emulator: Emulator, states: dict[str, State], given: object = None) -> Any:  # noqa: ANN401 - JSON
    """Return what an execution puts out, or the error that it ends with."""
    ended = emulator.executed(emulator.execute(states, given))
    return ended.get("error") if ended["status"] == "FAILED" else ended["output"]


def test_a_succeed_state_has_an_output(corrected: Emulator, uncorrected: Emulator) -> None:
    """The emulator puts out its input; inside of a Map, too."""
    states = {"Done": {"Type": "Succeed", "Output": {"next": "{% $states.input.n + 1 %}"}}}
    assert _output(corrected, states, {"n": 1}) == {"next": 2}
    assert _output(uncorrected, states, {"n": 1}) == {"n": 1}


def test_names_assigned_together_see_the_values_from_before(corrected: Emulator, uncorrected: Emulator) -> None:
    """So that two names can be exchanged."""
    states = {
        "One": _pass(Assign={"a": 1, "b": 2}, Next="Two"),
        "Two": _pass(Assign={"a": "{% $b %}", "b": "{% $a %}"}, Next="Three"),
        "Three": _pass(Output="{% [$a, $b] %}"),
    }
    assert _output(corrected, states) == [2, 1]
    assert _output(uncorrected, states) == [2, 2]


def test_a_condition_must_be_a_boolean(corrected: Emulator, uncorrected: Emulator) -> None:
    """The emulator takes what is not empty for true."""
    choice = {"Type": "Choice", "Choices": [{"Condition": "{% 'false' %}", "Next": "Yes"}], "Default": "No"}
    states = {"Which": choice, "Yes": _pass(Output="yes"), "No": _pass(Output="no")}
    assert _output(corrected, states) == "States.QueryEvaluationError"
    assert _output(uncorrected, states) == "yes"


def test_the_time_between_retries_is_bounded(corrected: Emulator, uncorrected: Emulator) -> None:
    """By MaxDelaySeconds; with FULL jitter it is anything up to that."""
    table = _call("aws-sdk:dynamodb:getItem", TableName="not-there", Key={"pk": {"S": "x"}})
    retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "BackoffRate": 10, "MaxAttempts": 2}

    def seconds(emulator: Emulator, **bound: object) -> float:
        ended = emulator.executed(emulator.execute({"Ask": {**table, "Retry": [retry | bound]}}))
        took: float = (ended["stopDate"] - ended["startDate"]).total_seconds()
        return took

    assert seconds(corrected, MaxDelaySeconds=2) < 10
    assert seconds(corrected, MaxDelaySeconds=2, JitterStrategy="FULL") < 10
    assert seconds(uncorrected, MaxDelaySeconds=2) > 10


def test_a_mistake_of_the_definition_is_not_caught_by_all(corrected: Emulator, uncorrected: Emulator) -> None:
    """States.Runtime ends the execution: nobody should take it for a failing task."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    states = {"Ask": {**_call("nosuch:action"), "Catch": catch}, "Caught": _pass(Output="caught")}
    assert _output(corrected, states) == "States.Runtime"
    assert _output(uncorrected, states) == "caught"


def test_an_execution_may_not_take_longer_than_its_limit(corrected: Emulator, uncorrected: Emulator) -> None:
    """It is TIMED_OUT, with neither error nor cause, and EventBridge is told."""
    states = {"Wait": {"Type": "Wait", "Seconds": 3, "End": True}}
    ended = corrected.executed(corrected.execute(states, TimeoutSeconds=1))
    assert (ended["status"], "error" in ended, "cause" in ended) == ("TIMED_OUT", False, False)
    assert corrected.history(ended["executionArn"])[-1]["type"] == "ExecutionTimedOut"
    assert uncorrected.executed(uncorrected.execute(states, TimeoutSeconds=1))["status"] == "SUCCEEDED"


def test_a_failing_item_ends_its_map_at_once(corrected: Emulator, uncorrected: Emulator) -> None:
    """And the reason is that item's; the emulator waits for the others first."""
    wait = {"Type": "Wait", "Seconds": "{% $states.input %}", "Next": "Fail"}
    processor = {"StartAt": "Wait", "States": {"Wait": wait, "Fail": _fails()}}
    states = {"All": {"Type": "Map", "Items": [8, 0], "ItemProcessor": processor, "End": True}}

    def ended(emulator: Emulator) -> tuple[str, float]:
        found = emulator.executed(emulator.execute(states))
        return found["cause"], (found["stopDate"] - found["startDate"]).total_seconds()

    cause, seconds = ended(corrected)
    assert (cause, seconds < 5) == ("item 0", True)
    assert ended(uncorrected)[1] > 5


def test_parallel_branches_take_arguments_and_give_an_output(corrected: Emulator, uncorrected: Emulator) -> None:
    """The emulator knows neither of them in JSONata, nor Assign; what a branch assigns stays in it."""
    inside = {"One": _pass(Assign={"n": 5}, Next="Two"), "Two": _pass(Output="{% $states.input.n + $n %}")}
    branch = {"StartAt": "One", "States": inside}
    both = {
        "Type": "Parallel",
        "Arguments": {"n": "{% $states.input.given * 10 %}"},
        "Branches": [branch, branch],
        "Output": "{% $sum($states.result) %}",
        "Assign": {"results": "{% $states.result %}"},
        "Next": "End",
    }
    first = _pass(Assign={"n": 1}, Next="Both")
    states = {"First": first, "Both": both, "End": _pass(Output="{% [$states.input, $results, $n] %}")}
    assert _output(corrected, states, {"given": 1}) == [30, 15, 15, 1]
    assert _output(uncorrected, states, {"given": 1}) == "States.QueryEvaluationError"


def test_the_history_tells_of_what_is_inside_of_a_map(corrected: Emulator, uncorrected: Emulator) -> None:
    """Each event names the one before it in its branch, so that a reader can tell the branches apart."""
    get = _call("aws-sdk:s3:listBuckets")
    states = {
        "All": {
            "Type": "Map",
            "Items": [1, 2],
            "End": True,
            "ItemProcessor": {"StartAt": "Ask", "States": {"Ask": get}},
        }
    }
    arn = corrected.execute(states)
    corrected.executed(arn)
    events = corrected.history(arn)
    by_id = {event["id"]: event for event in events}
    assert sorted(by_id) == list(range(1, len(events) + 1))
    expected = ["TaskStateExited", "TaskSucceeded", "TaskStarted", "TaskScheduled", "TaskStateEntered"]
    for index in (0, 1):
        [event] = [
            event
            for event in events
            if event.get("mapIterationSucceededEventDetails") == {"name": "All", "index": index}
        ]
        before = []
        while event["type"] != "MapIterationStarted":
            event = by_id[event["previousEventId"]]
            before.append(event["type"])
        assert before == [*expected, "MapIterationStarted"]
        assert event["mapIterationStartedEventDetails"]["index"] == index
    [scheduled, *_] = [event["taskScheduledEventDetails"] for event in events if event["type"] == "TaskScheduled"]
    assert (scheduled["resourceType"], scheduled["resource"]) == ("aws-sdk:s3", "listBuckets")
    alone = uncorrected.execute(states)
    uncorrected.executed(alone)
    known = {event["type"] for event in uncorrected.history(alone)}
    assert not known & {"MapStateStarted", "MapIterationStarted", "TaskStateEntered", "TaskStarted"}


def test_a_start_that_is_repeated_is_the_same_execution(corrected: Emulator, uncorrected: Emulator) -> None:
    """While it runs, and with the same input: a client may try again when it got no answer."""

    def start(emulator: Emulator, like: str, given: str) -> str:
        """Start an execution under another one's name; its ARN, or the error."""
        client = emulator.client("stepfunctions")
        machine = client.describe_execution(executionArn=like)["stateMachineArn"]
        try:
            started = client.start_execution(stateMachineArn=machine, name=like.rsplit(":", 1)[1], input=given)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return str(started["executionArn"])

    states = {"Wait": {"Type": "Wait", "Seconds": 2, "End": True}}
    arn = corrected.execute(states, {"a": 1})
    assert start(corrected, arn, '{"a": 1}') == arn
    assert start(corrected, arn, '{"a": 2}') == "ExecutionAlreadyExists"
    assert corrected.executed(arn)["status"] == "SUCCEEDED"
    assert start(corrected, arn, '{"a": 1}') == "ExecutionAlreadyExists"
    alone = uncorrected.execute(states, {"a": 1})
    assert start(uncorrected, alone, '{"a": 1}') == "ExecutionAlreadyExists"


def test_objects_are_read_and_written_and_missing_ones_are_named(corrected: Emulator, uncorrected: Emulator) -> None:
    """As text, with sizes that are numbers; and errors have the names of the SDK's classes."""
    bucket = f"b{uuid.uuid4().hex[:12]}"
    for emulator in (corrected, uncorrected):
        emulator.client("s3").create_bucket(Bucket=bucket)
    at = {"Bucket": bucket, "Key": "a/one two.json"}
    put = _call("aws-sdk:s3:putObject", **at, Body={"shards": [1, 2]}, Metadata={"m": "v"})
    read = _call("aws-sdk:s3:getObject", **at)
    read["Output"] = {"body": "{% $parse($states.result.Body) %}", "size": "{% $states.result.ContentLength %}"}
    assert _output(corrected, {"Put": {**put, "End": False, "Next": "Get"}, "Get": read}) == {
        "body": {"shards": [1, 2]},
        "size": 18,
    }
    listed = _output(corrected, {"List": _call("aws-sdk:s3:listObjectsV2", Bucket=bucket, Prefix="a/")})
    assert (listed["KeyCount"], listed["Contents"][0]["Size"]) == (1, 18)
    for action in ("getObject", "headObject"):
        missing = _call(f"aws-sdk:s3:{action}", Bucket=bucket, Key="no")
        assert _output(corrected, {"Get": missing}) == "S3.NoSuchKeyException"
    taken = _call("aws-sdk:s3:putObject", **at, Body="x", IfNoneMatch="*")
    assert _output(corrected, {"Put": taken}) == "S3.S3Exception"
    assert _output(uncorrected, {"Put": put}) == "States.Runtime"
    assert _output(uncorrected, {"Get": read}) == "States.Runtime"


def test_an_object_that_is_too_large_for_a_state_is_refused(corrected: Emulator) -> None:
    """A state's result has at most 256 KiB; a larger manifest is read by a task."""
    bucket = f"b{uuid.uuid4().hex[:12]}"
    corrected.client("s3").create_bucket(Bucket=bucket)
    corrected.client("s3").put_object(Bucket=bucket, Key="large", Body=b"x" * 300_000)
    get = _call("aws-sdk:s3:getObject", Bucket=bucket, Key="large")
    assert _output(corrected, {"Get": get}) == "States.DataLimitExceeded"
