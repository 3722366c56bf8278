"""Many shards: run as executions of their own, merged in groups, and ended with the report's execution.

The local platform runs shards inline, and a small file is one shard. So a copy of the deployed machine has the two maps
as they are on AWS, which `infra/cdk/tests/constructs/batch/test_parts_map.py` holds against the template, and smaller
shards.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from tests.bad_files import BAD_FILES
from tests.batch.test_killed_tasks import order_file
from tests.clients import administrator
from tests.reports import Reports
from tests.task_kills import Killer
from tests.waiting import eventually

from patterns_batch.testing.order_lines import lines_of, make_orders, parquet_of
from patterns_infra.batch_names import BY_COMMAND
from patterns_local.platform import Platform

pytestmark = pytest.mark.integration

SMALL = {"SHARD_LINES": "2048", "MERGE_GROUP": "2"}
State = dict[str, Any]


def _distributed(name: str, inline: State, bucket: str) -> State:
    """Return a map as the template has it on AWS."""
    kept = {key: value for key, value in inline.items() if key != "Items"}
    key = f"{{% 'runs/' & $run & '/{name.lower()}.json' %}}"
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"},
        "Arguments": {"Bucket": bucket, "Key": key},
    }
    selector = {**inline["ItemSelector"], "part": "{% $string($states.context.Map.Item.Value.number) %}"}
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    processor = {**inline["ItemProcessor"], "ProcessorConfig": config}
    return {**kept, "Label": name, "ItemReader": reader, "ItemSelector": selector, "ItemProcessor": processor}


def _with_variables(states: Mapping[str, State], variables: Mapping[str, str]) -> None:
    """Have all tasks of these states, and of those inside them, run with more variables."""
    for state in states.values():
        if "runTask" in str(state.get("Resource")):
            (container,) = state["Arguments"]["Overrides"]["ContainerOverrides"]
            container["Environment"] = [{"Name": name, "Value": value} for name, value in variables.items()]
        if "ItemProcessor" in state:
            _with_variables(state["ItemProcessor"]["States"], variables)


@pytest.fixture(scope="module")
def machine(platform: Platform, reports: Reports) -> str:
    """Return a copy of the deployed machine with distributed maps and small shards."""
    states = administrator(platform, "stepfunctions")
    deployed = states.describe_state_machine(stateMachineArn=reports.outputs["state_machine_arn"])
    definition = json.loads(deployed["definition"])
    work = definition["States"]["Report"]["Branches"][0]["States"]
    _with_variables(work, SMALL)
    for name in ("Shards", "Groups"):
        work[name] = _distributed(name, work[name], reports.outputs["report_bucket"])
    made = states.create_state_machine(
        name=f"many-{secrets.token_hex(4)}", definition=json.dumps(definition), roleArn=deployed["roleArn"]
    )
    arn: str = made["stateMachineArn"]
    return arn


def _put(reports: Reports, ending: str, content: bytes) -> str:
    name = f"{BY_COMMAND}many-{secrets.token_hex(4)}{ending}"
    reports.put(name, content)
    return reports.address(name)


def test_many_shards_give_the_report_of_one(platform: Platform, reports: Reports, machine: str) -> None:
    """Three shards in two groups, each an execution of its own: the same bytes, with the disk of the plan."""
    lines = [dict(line) for line in lines_of(make_orders(3300, day=date(2026, 1, 5), days=3, seed=7))]
    lines += lines[::2000]
    address = _put(reports, ".parquet", parquet_of(lines))
    one = reports.end(reports.start(input=address))
    assert one["status"] == "SUCCEEDED", one.get("cause")
    report = json.loads(one["output"])["report"]
    expected = reports.made(report)

    arn = reports.start_machine(machine, input=address, again=True)
    ended = reports.end(arn, seconds=240)
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    run = arn.rpartition(":")[2]
    plan = reports.read(f"runs/{run}/plan.json")
    assert (plan["shards"], plan["groups"], plan["disk"], plan["merge_disk"]) == (3, 2, 21, 21)
    assert reports.made(report) == expected

    states = administrator(platform, "stepfunctions")
    runs = states.list_map_runs(executionArn=arn)["mapRuns"]
    counted = [states.describe_map_run(mapRunArn=each["mapRunArn"]) for each in runs]
    assert sorted(each["itemCounts"]["succeeded"] for each in counted) == [2, 3]
    entered = reports.entered(arn)
    assert entered["Many shards"] == entered["Groups"] == 1
    # Of each shard the parent's history has nothing: it would not hold thousands.
    assert not any(name.startswith("Shard ") for name in entered)


def test_a_shard_s_reason_reaches_its_report(reports: Reports, machine: str) -> None:
    """Though the map says only that too many failed; and one try is enough for bad input."""
    damaged = next(file for file in BAD_FILES if file.why == "corrupt Parquet")
    arn = reports.start_machine(machine, input=_put(reports, ".parquet", damaged.content))
    ended = reports.end(arn)
    assert (ended["status"], ended["error"]) == ("FAILED", "ReportFailed")
    assert "is damaged: its data cannot be read from row 1 on" in ended["cause"]
    assert "Threshold" not in ended["cause"]
    run = arn.rpartition(":")[2]
    assert reports.read(f"runs/{run}/given-up.json")["cause"].startswith("shard 0 ended with exit code 2 (")


def test_a_report_that_is_stopped_stops_its_shards(platform: Platform, reports: Reports, machine: str) -> None:
    """Their executions, and the tasks that they wait for."""
    arn = reports.start_machine(machine, input=_put(reports, ".csv.gz", order_file(5, 40)))
    killer = Killer(platform, reports.outputs["cluster_arn"], arn.rpartition(":")[2])
    assert killer.appears("shard")
    reports.abort(arn)
    states = administrator(platform, "stepfunctions")
    (run,) = states.list_map_runs(executionArn=arn)["mapRuns"]

    def ended() -> bool:
        children = states.list_executions(mapRunArn=run["mapRunArn"])["executions"]
        return bool(children) and all(child["status"] == "ABORTED" for child in children)

    eventually(ended, seconds=30)
    eventually(lambda: not killer.running("shard"), seconds=60)
