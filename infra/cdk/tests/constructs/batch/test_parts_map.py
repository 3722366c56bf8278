"""Shards and groups of them: side by side in the execution, or as executions of their own."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from patterns_infra.constructs.batch.parts_map import EVENTS_OF_PART, MERGE_GROUP, shard_limit
from patterns_infra.constructs.batch.resilient_task import TRIES
from patterns_infra.settings import Settings, SettingsError, ShardMap
from patterns_infra.synthesized import SynthesizedStack
from patterns_infra.synthesized import definition_of as definition

_VARIABLE = re.compile(r"\$(?!states\b)([a-z][A-Za-z]*)\b(?!\()")
MAPS = {"Shards": "shard", "Groups": "combine"}


def maps(stack: SynthesizedStack) -> dict[str, Any]:
    """Return the two maps."""
    (work,) = definition(stack)["States"]["Report"]["Branches"]
    return {name: work["States"][name] for name in MAPS}


def scopes(
    document: Mapping[str, Any], outer: frozenset[str] = frozenset()
) -> Iterator[tuple[set[str], frozenset[str]]]:
    """Yield the variables that each scope assigns, and those of the scopes around it."""
    states = document["States"].values()
    assigned = {name for state in states for name in _assigned(state)}
    yield assigned, outer
    for state in states:
        for each in [*state.get("Branches", []), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])]:
            yield from scopes(each, outer | assigned)


def _assigned(state: Mapping[str, Any]) -> Iterator[str]:
    for each in [state, *state.get("Choices", []), *state.get("Catch", [])]:
        yield from each.get("Assign", {})


def test_no_scope_assigns_what_one_around_it_does(anywhere_batch: SynthesizedStack) -> None:
    """Step Functions refuses such a machine: docs, "Variable scope"; the emulator takes it."""
    for assigned, outer in scopes(definition(anywhere_batch)):
        assert not assigned & outer


def test_nor_does_the_export(exporting_batch: SynthesizedStack) -> None:
    """Whose states are within the report's."""
    for assigned, outer in scopes(definition(exporting_batch)):
        assert not assigned & outer


def test_on_aws_a_shard_is_an_execution_of_its_own(aws_batch: SynthesizedStack) -> None:
    """Read from the run's list by Step Functions itself; the first that fails ends the others."""
    for name, found in maps(aws_batch).items():
        processor = found["ItemProcessor"]
        assert processor["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
        reader = found["ItemReader"]
        assert reader["Resource"].endswith(":states:::s3:getObject")
        assert reader["ReaderConfig"] == {"InputType": "JSON"}
        assert reader["Arguments"]["Key"] == f"{{% 'runs/' & $run & '/{name.lower()}.json' %}}"
        assert (found["Label"], found["MaxConcurrency"]) == (name, 4)
        assert not any("Tolerated" in key or key in {"ItemBatcher", "ResultWriter", "Items"} for key in found)
        assert found["ItemSelector"]["part"] == "{% $string($states.context.Map.Item.Value.number) %}"


def test_locally_a_shard_is_an_iteration(local_batch: SynthesizedStack) -> None:
    """Of as many numbers as the plan has shards."""
    for name, found in maps(local_batch).items():
        assert found["ItemProcessor"]["ProcessorConfig"] == {"Mode": "INLINE"}
        word = name.lower()
        assert found["Items"] == f"{{% ${word} = 0 ? [] : [0..${word} - 1] %}}"
        assert found["ItemSelector"]["part"] == "{% $string($states.context.Map.Item.Value) %}"


def test_a_part_knows_only_what_it_is_given(anywhere_batch: SynthesizedStack) -> None:
    """A distributed map's states see no variable from outside; the same states are run in both ways."""
    for name, found in maps(anywhere_batch).items():
        (assigned, _), *_ = scopes(found["ItemProcessor"])
        text = json.dumps(list(found["ItemProcessor"]["States"].values()))
        local = set(re.findall(r"\$([a-z]+) :=", text))
        assert set(_VARIABLE.findall(text)) <= assigned | local, name
        assert found["ItemSelector"].keys() == {"run", "part", "disk"}
        begin = found["ItemProcessor"]["States"][found["ItemProcessor"]["StartAt"]]
        assert begin["Assign"]["partRun"] == "{% $states.input.run %}"


def test_what_a_map_hands_back_is_small(anywhere_batch: SynthesizedStack) -> None:
    """Nothing of each part: a state may have 256 KiB, and ECS tells some KB of a task."""
    for found in maps(anywhere_batch).values():
        assert found["Output"] == {}
        ends = [state for state in found["ItemProcessor"]["States"].values() if state.get("End")]
        assert [state["Output"] for state in ends] == [{}]


def test_the_machine_may_run_its_own_parts(aws_batch: SynthesizedStack, local_batch: SynthesizedStack) -> None:
    """Start, see and stop them, of this machine only: a report that is stopped stops its parts."""
    machine = aws_batch.id_of("StepFunctions::StateMachine")
    role = aws_batch.only("StepFunctions::StateMachine")["RoleArn"]["Fn::GetAtt"][0]
    statements = [
        statement
        for policy in aws_batch.all("IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        if {"Ref": role} in policy["Roles"] and re.search("states:[SR]", json.dumps(statement["Action"]))
    ]
    start, stop, again = statements
    assert (start["Action"], start["Resource"]) == ("states:StartExecution", {"Ref": machine})
    assert stop["Action"] == ["states:DescribeExecution", "states:StopExecution"]
    assert again["Action"] == "states:RedriveExecution"
    forms = [resource["Fn::Join"][1] for resource in (stop["Resource"], *again["Resource"])]
    assert [form[-1] for form in forms] == [":*", "/Groups:*", "/Shards:*"]
    assert all(f'{{"Ref": "{machine}"}}' in json.dumps(form) for form in forms)
    assert "states:StopExecution" not in json.dumps(local_batch.all("IAM::Policy"))


def test_what_the_list_is_read_with(aws_batch: SynthesizedStack) -> None:
    """Files of runs, and not all of the bucket."""
    role = aws_batch.only("StepFunctions::StateMachine")["RoleArn"]["Fn::GetAtt"][0]
    read = [
        json.dumps(statement["Resource"])
        for policy in aws_batch.all("IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        if {"Ref": role} in policy["Roles"] and "s3:GetObject" in json.dumps(statement["Action"])
    ]
    assert all("/runs/*" in resource for resource in read if "Reports" in resource)


def test_a_failed_part_is_named_by_the_note_that_it_left(anywhere_batch: SynthesizedStack) -> None:
    """The error of a distributed map tells neither which part failed nor why."""
    found = definition(anywhere_batch)["States"]
    (rule,) = found["Whose failure"]["Choices"]
    assert rule["Condition"] == "{% $error.Error = 'States.ExceedToleratedFailureThreshold' %}"
    note = found[rule["Next"]]
    assert note["Arguments"]["Key"] == "{% 'runs/' & $run & '/given-up.json' %}"
    assert [note["Next"], *(catch["Next"] for catch in note["Catch"])] == ["Read the reason"] * 2
    assert found["Whose failure"]["Default"] == "Read the reason"
    for each, step in zip(maps(anywhere_batch).values(), ("Shard", "Group"), strict=True):
        written = each["ItemProcessor"]["States"][f"{step} note"]["Arguments"]
        assert written["Key"] == "{% 'runs/' & $partRun & '/given-up.json' %}"
        assert written["Body"] == {"cause": "{% $partReason %}"}


def test_many_shards_are_merged_in_groups(anywhere_batch: SynthesizedStack) -> None:
    """As the plan says; each group is a step of its own, tried again like any other."""
    (work,) = definition(anywhere_batch)["States"]["Report"]["Branches"]
    found = work["States"]
    assert found["Shards"]["Next"] == "Many shards"
    (rule,) = found["Many shards"]["Choices"]
    assert (rule["Condition"], rule["Next"], found["Many shards"]["Default"]) == (
        "{% $groups > 0 %}",
        "Groups",
        "Merge begin",
    )
    assert found["Groups"]["Next"] == "Merge begin"


def test_a_task_gets_the_disk_that_the_plan_asks_for(anywhere_batch: SynthesizedStack) -> None:
    """Fargate has 20 GiB for who asks for nothing: the plan itself, and publishing, need no more."""
    (work,) = definition(anywhere_batch)["States"]["Report"]["Branches"]
    states = {
        **work["States"],
        **{k: v for each in maps(anywhere_batch).values() for k, v in each["ItemProcessor"]["States"].items()},
    }
    wanted = {
        "Shard": "{% $partDisk %}",
        "Group": "{% $partDisk %}",
        "Merge": "{% $mergeDisk %}",
        "Plan": None,
        "Publish": None,
    }
    for step, disk in wanted.items():
        for where in ("on Spot", "on demand"):
            asked = states[f"{step} {where}"]["Arguments"]["Overrides"].get("EphemeralStorage")
            assert asked == (disk and {"SizeInGiB": disk}), step


def test_the_program_is_told_what_the_machine_can_run(
    aws_batch: SynthesizedStack, local_batch: SynthesizedStack
) -> None:
    """So that the plan refuses more, and not the history, after hours."""

    def told(stack: SynthesizedStack) -> dict[str, str]:
        (container,) = stack.only("ECS::TaskDefinition")["ContainerDefinitions"]
        return {x["Name"]: x["Value"] for x in container["Environment"] if isinstance(x["Value"], str)}

    aws, local = told(aws_batch), told(local_batch)
    assert (aws["SHARD_LIMIT"], aws["MAX_SHARDS"], aws["MERGE_GROUP"], aws["DISK_GIB"]) == ("1024", "1024", "32", "21")
    assert (local["SHARD_LIMIT"], local.get("MAX_SHARDS")) == (str(shard_limit(ShardMap.INLINE)), None)


def test_the_history_of_an_inline_map_holds_all_tries_of_all_shards(anywhere_batch: SynthesizedStack) -> None:
    """25,000 events: those of a part that succeeds in its last try, counted along its states."""
    states = maps(anywhere_batch)["Shards"]["ItemProcessor"]["States"]
    entered = {
        "One of the shards": 1,
        "Shard begin": 1,
        "Shard where": TRIES,
        "Shard on demand": TRIES,
        "Shard failed": TRIES - 1,
        "Shard pause": TRIES - 1,
        "Shard done": 1,
    }
    assert entered.keys() < states.keys()
    events = 2 + sum(times * (6 if states[name]["Type"] == "Task" else 2) for name, times in entered.items())
    assert events <= EVENTS_OF_PART <= events + 4
    limit = shard_limit(ShardMap.INLINE)
    assert (limit + -(-limit // MERGE_GROUP)) * EVENTS_OF_PART <= 24_000
    assert 400 < limit < shard_limit(ShardMap.DISTRIBUTED) == 1024


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"shard_map": "both"}, "setting 'shard_map' must be one of auto, inline, distributed, not 'both'"),
        ({"task_disk_gib": "20"}, "setting 'task_disk_gib' must be 21 to 200, not 20"),
        ({"task_disk_gib": "201"}, "setting 'task_disk_gib' must be 21 to 200, not 201"),
        ({"shards_at_once": "0"}, "setting 'shards_at_once' must be 1 to 40, not 0"),
    ],
)
def test_wrong_settings_are_refused(given: dict[str, str], expected: str) -> None:
    """Before anything is synthesized."""
    with pytest.raises(SettingsError) as refused:
        Settings.from_mapping(given)
    assert str(refused.value) == expected


def test_either_way_can_be_chosen_anywhere() -> None:
    """By one setting."""
    aws = {"target": "aws", "stage": "dev"}
    assert Settings.from_mapping({}).shards_run is ShardMap.INLINE
    assert Settings.from_mapping(aws).shards_run is ShardMap.DISTRIBUTED
    assert Settings.from_mapping({"shard_map": "distributed"}).shards_run is ShardMap.DISTRIBUTED
    assert Settings.from_mapping({**aws, "shard_map": "inline"}).shards_run is ShardMap.INLINE
