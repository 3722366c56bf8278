"""The batch as it is deployed: what starts it, how its steps fail, what it may do, and where it runs."""

import json
import re
from collections.abc import Iterator
from typing import Any

from patterns_infra.batch_steps import PARTS, step_state
from patterns_infra.synthesized import SynthesizedStack
from patterns_infra.synthesized import definition_of as definition

STEPS = ("Plan", "Shard", "Group", "Merge", "Publish")


def states(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every state, also those inside others."""
    for name, state in document["States"].items():
        yield name, state
        inside = [*state.get("Branches", []), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])]
        for each in inside:
            yield from states(each)


def test_the_night_s_report_is_of_the_shop_s_own_day(anywhere_batch: SynthesizedStack) -> None:
    """At four in the morning of the time zone, which the scheduler knows; the machine is given the moment."""
    schedule = anywhere_batch.only("Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "cron(0 4 * * ? *)"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert json.loads(schedule["Target"]["Input"]) == {"scheduled": "<aws.scheduler.scheduled-time>"}
    assert schedule["Target"]["DeadLetterConfig"]


def test_every_file_of_the_inbox_starts_a_report(anywhere_batch: SynthesizedStack) -> None:
    """By S3's own events; what cannot be started is a dead letter."""
    (rule,) = (x for x in anywhere_batch.all("Events::Rule") if x["EventPattern"]["source"] == ["aws.s3"])
    assert rule["EventPattern"]["detail-type"] == ["Object Created"]
    # Whoever puts a file there by `patterns report` starts the execution, too; folders and markers are no orders,
    # each by its whole name: `uploads_temporary/orders.csv` is a file of orders.
    ignored = ["by-command/*", "parts/*", "*/", "_SUCCESS", "*/_SUCCESS", "*.crc", "_temporary/*", "*/_temporary/*"]
    assert rule["EventPattern"]["detail"]["object"] == {"key": [{"anything-but": {"wildcard": ignored}}]}
    (target,) = rule["Targets"]
    # What arrived, by its version: it may have been overwritten when the execution begins.
    paths, template = target["InputTransformer"]["InputPathsMap"], target["InputTransformer"]["InputTemplate"]
    told = json.loads(template.replace(":<", ':"<').replace(">,", '>",').replace(">}", '>"}'))
    assert {key: re.sub("<(.+?)>", lambda name: paths[name[1]], text) for key, text in told.items()} == {
        "input": "s3://$.detail.bucket.name/$.detail.object.key",
        "version": "$.detail.object.version-id",
        "etag": "$.detail.object.etag",
    }
    assert target["DeadLetterConfig"]
    tells = [x for x in anywhere_batch.all("S3::Bucket") if "NotificationConfiguration" in x]
    assert [x["NotificationConfiguration"] for x in tells] == [
        {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    ]


def test_one_query_language_and_an_end_to_everything(anywhere_batch: SynthesizedStack) -> None:
    """JSONata throughout; the machine and every container's task have a timeout."""
    document = definition(anywhere_batch)
    assert document["QueryLanguage"] == "JSONata"
    assert document["TimeoutSeconds"] > 0
    tasks = [state for _, state in states(document) if "ecs:runTask.sync" in str(state.get("Resource"))]
    assert len(tasks) == 10
    assert all(task["TimeoutSeconds"] > 0 for task in tasks)
    assert not any("InputPath" in state or "ResultPath" in state for _, state in states(document))


def test_a_step_fails_as_its_exit_code_says(anywhere_batch: SynthesizedStack) -> None:
    """Two is given up at once, 75 goes on at once and on demand, everything else waits and is tried four times."""
    found = dict(states(definition(anywhere_batch)))
    for step in STEPS:
        spot, demand = found[f"{step} on Spot"], found[f"{step} on demand"]
        word = "part" if step in {"Shard", "Group"} else "step"
        assert spot["Arguments"]["CapacityProviderStrategy"][0]["CapacityProvider"] == "FARGATE_SPOT"
        assert demand["Arguments"]["CapacityProviderStrategy"][0]["CapacityProvider"] == "FARGATE"
        for task in (spot, demand):
            (catch,) = task["Catch"]
            assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], f"{step} failed")
        judge = found[f"{step} failed"]
        assert [(rule["Condition"], rule["Next"]) for rule in judge["Choices"]] == [
            (f"{{% ${word}Code = 2 or ${word}Tries >= 4 %}}", f"{step} note"),
            (f"{{% ${word}Code = 75 %}}", f"{step} where"),
        ]
        # Whether the note could be written or not.
        noted = found[f"{step} note"]
        assert [noted["Next"], *(catch["Next"] for catch in noted["Catch"])] == [f"{step} given up"] * 2
        assert judge["Default"] == f"{step} pause"


def test_a_step_s_states_have_the_names_that_readers_know(anywhere_batch: SynthesizedStack) -> None:
    """`patterns report` and the picture of the machine put them together again by these names."""
    found = [part for name, _ in states(definition(anywhere_batch)) if (part := step_state(name))]
    assert sorted(found) == sorted((step, part) for step in STEPS for part in PARTS)


def test_only_a_program_that_ended_by_itself_stays_on_spot(anywhere_batch: SynthesizedStack) -> None:
    """Whatever else happened may be Spot's doing: it took the machine away, or had none to give."""
    found = dict(states(definition(anywhere_batch)))
    for step in STEPS:
        (on_spot,), (on_demand,) = found[f"{step} on Spot"]["Catch"], found[f"{step} on demand"]["Catch"]
        word = "part" if step in {"Shard", "Group"} else "step"
        assert "$code > 0 and $code <= 128 and $code != 75" in on_spot["Assign"][f"{word}Spot"]
        assert on_demand["Assign"][f"{word}Spot"] == "{% false %}"
        assert "Containers[Name = 'Program'].ExitCode" in on_spot["Assign"][f"{word}Code"]


def test_whatever_fails_is_recorded_with_its_reason(anywhere_batch: SynthesizedStack) -> None:
    """One catch round all of the work, which writes the reason to the claim and then fails."""
    document = definition(anywhere_batch)
    (catch,) = document["States"]["Report"]["Catch"]
    assert catch["ErrorEquals"] == ["States.ALL"]
    assert catch["Next"] == "Whose failure"
    assert document["States"]["Read the reason"]["Next"] == "Give up"
    assert document["States"]["Give up"]["Next"] == "Failed"
    (uncaught,) = document["States"]["Give up"]["Catch"]
    assert (uncaught["ErrorEquals"], uncaught["Next"]) == (["States.ALL"], "Failed")


def test_calls_of_services_are_tried_again_and_refusals_are_not(anywhere_batch: SynthesizedStack) -> None:
    """A throttled table must not cost a report; a claim that somebody has is an answer."""
    document = definition(anywhere_batch)
    calls = {name: state for name, state in states(document) if state["Type"] == "Task" and " on " not in name}
    assert len(calls) == 12 + len(STEPS)
    for name, call in calls.items():
        *final, again = call["Retry"]
        assert (again["ErrorEquals"], again["MaxAttempts"]) == (["States.TaskFailed"], 4), name
        assert all(retry["MaxAttempts"] == 0 for retry in final)
    assert calls["Claim"]["Retry"][0]["ErrorEquals"] == ["DynamoDb.ConditionalCheckFailedException"]


def test_two_executions_make_one_report(anywhere_batch: SynthesizedStack) -> None:
    """The claim is a conditional write with a lease; who is refused stands back, which is no failure."""
    claim = definition(anywhere_batch)["States"]["Claim"]
    condition = claim["Arguments"]["ConditionExpression"]
    assert condition.startswith("attribute_not_exists(#key) OR lease_until < :now OR holder = :mine")
    (catch,) = claim["Catch"]
    assert catch["ErrorEquals"] == ["DynamoDb.ConditionalCheckFailedException"]
    found = definition(anywhere_batch)["States"]
    runs, done = found[catch["Next"]], found["How does it stand"]["Choices"][1]
    assert (runs["Next"], done["Condition"]) == ("How does it stand", "{% $standing = 'DONE' %}")
    assert found[done["Next"]]["Type"] == "Succeed"


def test_a_mail_has_the_sentence_and_programs_have_the_facts(
    anywhere_batch: SynthesizedStack, aws_batch: SynthesizedStack, local_batch: SynthesizedStack
) -> None:
    """Of what the program left in the run; its links lead to the console, and locally to a signed address."""
    found = dict(states(definition(anywhere_batch)))
    assert found["Finish"]["Next"] == "Read notice"
    assert found["Read notice"]["Arguments"]["Key"] == "{% 'runs/' & $run & '/notice.json' %}"
    told = found["Tell"]["Arguments"]
    assert told["MessageStructure"] == "json"
    assert told["Message"] == "{% $string({'default': $string($notice.facts), 'email': $notice.text}) %}"
    assert told["Subject"] == "{% $notice.subject %}"

    def link(stack: SynthesizedStack) -> object:
        (container,) = stack.only("ECS::TaskDefinition")["ContainerDefinitions"]
        return {x["Name"]: x["Value"] for x in container["Environment"]}.get("REPORT_LINK")

    assert link(local_batch) is None
    assert ".console.aws.amazon.com/s3/object/" in json.dumps(link(aws_batch))


def test_the_program_gets_the_shop_s_locale(local_batch: SynthesizedStack) -> None:
    """English, unless the setting says otherwise."""
    (container,) = local_batch.only("ECS::TaskDefinition")["ContainerDefinitions"]
    assert {"Name": "LOCALE", "Value": "en"} in container["Environment"]


def test_a_file_is_claimed_by_its_content(anywhere_batch: SynthesizedStack) -> None:
    """By the version that was announced, or that is there now: the inbox keeps versions, and the plan is told which."""
    assert all(x["VersioningConfiguration"] == {"Status": "Enabled"} for x in anywhere_batch.all("S3::Bucket"))
    found = dict(states(definition(anywhere_batch)))
    look = found["Look at the file"]
    assert look["Resource"].endswith(":states:::aws-sdk:s3:headObject")
    assert (look["Next"], [catch["Next"] for catch in look["Catch"]]) == ("Claim", ["Claim"])
    for name in ("Plan on Spot", "Plan on demand"):
        command = found[name]["Arguments"]["Overrides"]["ContainerOverrides"][0]["Command"]
        assert command[3:] == ["{% $source[0] %}", "{% $source[1] %}", "--content", "{% $content %}"]
    machine = anywhere_batch.only("StepFunctions::StateMachine")["RoleArn"]["Fn::GetAtt"][0]
    may = allowed(anywhere_batch, machine)
    assert any('"Inbox' in resource for resource in may["s3:GetObject"])
    # Without it S3 says 403 of a key that is missing, which would be tried again as if it were the role's fault.
    (inbox,) = (name for name in anywhere_batch.of_type("S3::Bucket") if name.startswith("Inbox"))
    assert json.dumps({"Fn::GetAtt": [inbox, "Arn"]}) in may["s3:ListBucket"]


def test_a_file_of_a_run_that_is_missing_is_an_answer(anywhere_batch: SynthesizedStack) -> None:
    """Only to who may list the bucket does S3 say that a key is missing; a 403 would be tried again for a minute."""
    found = dict(states(definition(anywhere_batch)))
    assert found["Read the reason"]["Retry"][0]["ErrorEquals"] == ["S3.NoSuchKeyException"]
    may = allowed(anywhere_batch, anywhere_batch.only("StepFunctions::StateMachine")["RoleArn"]["Fn::GetAtt"][0])
    (reports,) = (name for name in anywhere_batch.of_type("S3::Bucket") if name.startswith("Reports"))
    assert json.dumps({"Fn::GetAtt": [reports, "Arn"]}) in may["s3:ListBucket"]


def test_a_holder_that_has_ended_is_found_out(anywhere_batch: SynthesizedStack) -> None:
    """By its execution, of this machine only; what it held is taken by who saw it so, if nobody was faster."""
    found = definition(anywhere_batch)["States"]
    assert found["Ask for the holder"]["Resource"].endswith(":states:::aws-sdk:sfn:describeExecution")
    assert found["Take over"]["Arguments"]["ConditionExpression"] == "holder = :gone AND #state = :running"
    (statement,) = (
        statement
        for policy in anywhere_batch.all("IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "states:DescribeExecution"
    )
    assert statement["Resource"]["Fn::Join"][1][-1] == ":*"
    assert {"Fn::GetAtt": [anywhere_batch.id_of("StepFunctions::StateMachine"), "Name"]} in statement["Resource"][
        "Fn::Join"
    ][1]


def test_a_task_is_locked_down(anywhere_batch: SynthesizedStack) -> None:
    """A root file system that cannot be written, a scratch volume, two minutes to stop, no way in."""
    task = anywhere_batch.only("ECS::TaskDefinition")
    (container,) = task["ContainerDefinitions"]
    assert container["ReadonlyRootFilesystem"] is True
    assert container["StopTimeout"] == 120
    assert [x["ContainerPath"] for x in container["MountPoints"]] == ["/tmp"]  # noqa: S108 - the container's own
    assert not any("SecurityGroupIngress" in x for x in anywhere_batch.all("EC2::SecurityGroup"))


def test_the_network_has_no_nat(aws_batch: SynthesizedStack, local_batch: SynthesizedStack) -> None:
    """On AWS private subnets with endpoints, locally public ones; nowhere a gateway that costs by the hour."""
    for stack in (aws_batch, local_batch):
        assert not stack.of_type("EC2::NatGateway")
        assert "dummy" not in json.dumps(stack.template), "a zone that nobody looked up"
    assert len(aws_batch.all("EC2::VPCEndpoint")) == 7
    assert not aws_batch.of_type("EC2::InternetGateway")
    assert len(local_batch.all("EC2::VPCEndpoint")) == 2


def allowed(stack: SynthesizedStack, role: str) -> dict[str, set[str]]:
    """Return what a role may do: resources, as text, by action."""
    found: dict[str, set[str]] = {}
    for policy in stack.all("IAM::Policy"):
        for statement in policy["PolicyDocument"]["Statement"] if {"Ref": role} in policy["Roles"] else ():
            actions, resources = statement["Action"], statement["Resource"]
            for action in actions if isinstance(actions, list) else [actions]:
                for resource in resources if isinstance(resources, list) else [resources]:
                    found.setdefault(action, set()).add(json.dumps(resource))
    return found


def test_what_the_program_may_do(anywhere_batch: SynthesizedStack) -> None:
    """It scans the orders table and writes under three prefixes; it can delete nothing."""
    may = allowed(anywhere_batch, anywhere_batch.only("ECS::TaskDefinition")["TaskRoleArn"]["Fn::GetAtt"][0])
    assert may.keys() == {
        "dynamodb:DescribeTable",
        "dynamodb:Scan",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:ListBucket",
        "s3:PutObject",
        "secretsmanager:GetSecretValue",
        "ssm:GetParameter",
    }
    written = sorted(resource.split('"/')[-1].partition('"')[0] for resource in may["s3:PutObject"])
    assert written == ["analytics/*", "reports/*", "runs/*"]


def test_a_day_is_read_from_the_table_unless_an_export_is_asked_for(
    anywhere_batch: SynthesizedStack, exporting_batch: SynthesizedStack
) -> None:
    """An export takes minutes and is paid for by the table's size: nobody gets it without wanting it."""
    assert not any("xport" in name for name, _ in states(definition(anywhere_batch)))
    plan = dict(states(definition(anywhere_batch)))["Plan on Spot"]["Arguments"]["Overrides"]["ContainerOverrides"][0]
    assert "--export" not in plan["Command"]
    found = dict(states(definition(exporting_batch)))
    exported = found["Export"]["Arguments"]
    assert (exported["ExportFormat"], exported["S3Prefix"]) == (
        "DYNAMODB_JSON",
        "{% 'exports/' & $run %}",
    )
    assert exported["ClientToken"] == "{% $run %}"
    for name in ("Plan on Spot", "Plan on demand"):
        command = found[name]["Arguments"]["Overrides"]["ContainerOverrides"][0]["Command"]
        assert command[-2:] == ["--export", "{% $export %}"]


def test_what_an_export_is_allowed(exporting_batch: SynthesizedStack) -> None:
    """The state machine exports this table, below one prefix that the program reads, who reads no table any more."""
    machine = exporting_batch.only("StepFunctions::StateMachine")["RoleArn"]["Fn::GetAtt"][0]
    may = allowed(exporting_batch, machine)
    (table,), (exports,) = may["dynamodb:ExportTableToPointInTime"], may["dynamodb:DescribeExport"]
    assert ":table/patterns-dev-orders" in table
    assert ":table/patterns-dev-orders/export/*" in exports
    for action in ("s3:PutObject", "s3:PutObjectAcl", "s3:AbortMultipartUpload"):
        (written,) = may[action]
        assert "/exports/*" in written
    program = allowed(exporting_batch, exporting_batch.only("ECS::TaskDefinition")["TaskRoleArn"]["Fn::GetAtt"][0])
    assert not any(action.startswith(("dynamodb:", "ssm:")) for action in program)
    assert any("/exports/*" in resource for resource in program["s3:GetObject"])


def test_an_export_goes_soon(anywhere_batch: SynthesizedStack, exporting_batch: SynthesizedStack) -> None:
    """It has customers' addresses, which reports do not."""

    def rules(stack: SynthesizedStack) -> list[dict[str, Any]]:
        found = [rule for x in stack.all("S3::Bucket") for rule in x["LifecycleConfiguration"]["Rules"]]
        return [rule for rule in found if rule.get("Prefix") == "exports/"]

    assert not rules(anywhere_batch)
    (rule,) = rules(exporting_batch)
    assert (rule["ExpirationInDays"], rule["NoncurrentVersionExpiration"]) == (2, {"NoncurrentDays": 1})


def test_alarms_name_what_to_do(anywhere_batch: SynthesizedStack) -> None:
    """Failed, too long, empty, late: each is told to somebody, and shown on the dashboard."""
    alarms = {x["MetricName"]: x for x in anywhere_batch.all("CloudWatch::Alarm")}
    meant = {
        "ExecutionsFailed": (60, "notBreaching"),
        "ExecutionsTimedOut": (60, "notBreaching"),
        "MissedOrders": (60, "notBreaching"),
        "ReportsOfYesterday": (86_400, "breaching"),
    }
    for metric, (period, missing) in meant.items():
        alarm = alarms[metric]
        assert (alarm["Period"], alarm["TreatMissingData"]) == (period, missing)
        assert len(alarm["AlarmActions"]) == 1
        assert len(alarm["AlarmDescription"]) > 60
    assert (alarms["MissedOrders"]["Namespace"], alarms["MissedOrders"]["Threshold"]) == ("Patterns", 1)
    stage = anywhere_batch.only("ECS::TaskDefinition")["ContainerDefinitions"][0]["Environment"]
    # A file that was dropped, or an older day that was made up for, does not hide a night without its report.
    for metric, step in (("MissedOrders", "merge"), ("ReportsOfYesterday", "publish")):
        assert {x["Name"]: x["Value"] for x in alarms[metric]["Dimensions"]} == {
            "service": "batch",
            "stage": next(x["Value"] for x in stage if x["Name"] == "STAGE"),
            "step": step,
        }
    assert (alarms["ReportsOfYesterday"]["Statistic"], alarms["ReportsOfYesterday"]["Threshold"]) == ("Sum", 1)
    board = json.dumps(anywhere_batch.only("CloudWatch::Dashboard")["DashboardBody"])
    assert all(text in board for text in ("MissedOrders", "RowsRejected", "ExecutionsFailed"))
