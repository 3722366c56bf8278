"""What an execution is to report on, and under which name: the first state of the batch's machine."""

import json

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from patterns_infra.constructs.batch.retried_call import retried
from patterns_infra.zone_offsets import offsets

__all__ = ["check_input"]

_GIVEN = "$states.input"
_DATE, _FILE = r"/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/", r"/^s3:\/\/[^\/]+\/.+$/"
_MOMENT = r"/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$/"
_NAME = r"/^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/"
_WANTED = 'give {"date": "YYYY-MM-DD"} or {"input": "s3://bucket/key"}'
_UNNAMEABLE = "give the execution a name of letters, digits, - and _, at most 80: files of its run are named by it"
# The program names a file's report in the same way (`patterns_batch.application.report_names`): one name for the claim,
# the manifest and the published folder. What tells a file's content from others under its key is hashed, too.
_FILE_NAME = (
    f"$replace($substring($replace($split({_GIVEN}.input, '/')[-1], /[^A-Za-z0-9._-]+/, '-'), 0, 80), "
    "/^[.-]+|[.-]+$/, '')"
)
_VERSION, _TAG = f"{_GIVEN}.version", f"{_GIVEN}.etag"
# An event of a bucket without versions has no version, which EventBridge hands on as an empty text.
_GIVEN_CONTENT = (
    f"($type({_VERSION}) = 'string' and {_VERSION} != '' ? 'versionId=' & {_VERSION} : "
    f"$type({_TAG}) = 'string' and {_TAG} != '' ? 'etag=' & {_TAG} : '')"
)
_FOUND = "$states.result"
# A bucket whose versioning was suspended has a version called null, which every upload replaces.
_FOUND_CONTENT = (
    f"($exists({_FOUND}.VersionId) and {_FOUND}.VersionId != 'null' ? 'versionId=' & {_FOUND}.VersionId : "
    f"'etag=' & $replace({_FOUND}.ETag, '\"', ''))"
)
_LONG_AGO = -(10**14)
_UNREADABLE = ["S3.NoSuchKeyException", "S3.NoSuchBucketException"]


def check_input(scope: Construct, then: sfn.IChainable, *, inbox: s3.IBucket, time_zone: str) -> sfn.Chain:
    """Go on with ``then``, or fail, saying why.

    A scheduled report is of the day before the moment that it was due, by the clocks of ``time_zone``.

    Assigned are ``key``, the report's name; ``source``, the program's option and its value; ``content``, the version of
    a file that is reported: the one that was given, else the one that is there now.
    """
    always = {"run": "{% $states.context.Execution.Name %}", "again": f"{{% {_GIVEN}.again = true %}}"}
    check = sfn.Choice.jsonata(scope, "Check input")
    check.when(
        sfn.Condition.jsonata(f"{{% $not($exists($match($states.context.Execution.Name, {_NAME}))) %}}"),
        sfn.Fail.jsonata(scope, "No name", error="BadInput", cause=_UNNAMEABLE),
    )
    yesterday = _day_before(f"{_GIVEN}.scheduled", time_zone)
    is_file, look = _matches("input", _FILE), _look_at_the_file(scope, then, inbox)
    for condition, kind, value, name, content, following in (
        (_matches("date", _DATE), "date", f"{_GIVEN}.date", f"'date=' & {_GIVEN}.date", "", then),
        (
            f"{is_file} and {_GIVEN_CONTENT} != ''",
            "input",
            f"{_GIVEN}.input",
            _of_file(f"{_GIVEN}.input", _FILE_NAME, _GIVEN_CONTENT),
            f"{{% {_GIVEN_CONTENT} %}}",
            then,
        ),
        # The name is that of a file that cannot be looked at: the plan says why, and the claim keeps it.
        (is_file, "input", f"{_GIVEN}.input", _of_file(f"{_GIVEN}.input", _FILE_NAME, "''"), "", look),
        (_matches("scheduled", _MOMENT), "date", yesterday, f"'date=' & {yesterday}", "", then),
    ):
        chosen = {"key": f"{{% {name} %}}", "source": [f"--{kind}", f"{{% {value} %}}"], "content": content}
        named = {"name": f"{{% {_FILE_NAME} %}}"} if following is look else {}
        check.when(sfn.Condition.jsonata(f"{{% {condition} %}}"), following, assign={**always, **chosen, **named})
    check.otherwise(
        sfn.Fail.jsonata(scope, "No input", error="BadInput", cause=f"{{% '{_WANTED}, not ' & $string({_GIVEN}) %}}")
    )
    return sfn.Chain.start(check)


def _look_at_the_file(scope: Construct, then: sfn.IChainable, inbox: s3.IBucket) -> tasks.CallAwsService:
    """Return the state that finds out which version of the file is there now."""
    address = "$source[1]"
    look = tasks.CallAwsService.jsonata(
        scope,
        "Look at the file",
        service="s3",
        action="headObject",
        parameters={
            "Bucket": f"{{% $split({address}, '/')[2] %}}",
            "Key": f"{{% $substringAfter($substringAfter({address}, 's3://'), '/') %}}",
        },
        iam_resources=[inbox.arn_for_objects("*")],
        iam_action="s3:GetObject",
        # Only to who may list does S3 say that a key is missing; to others it says 403, which would be tried again.
        additional_iam_statements=[iam.PolicyStatement(actions=["s3:ListBucket"], resources=[inbox.bucket_arn])],
        assign={
            "key": f"{{% {_of_file(address, '$name', _FOUND_CONTENT)} %}}",
            "content": f"{{% {_FOUND_CONTENT} %}}",
        },
    )
    retried(look, but=_UNREADABLE).add_catch(then, errors=["States.TaskFailed"])
    look.next(then)
    return look


def _day_before(moment: str, time_zone: str) -> str:
    """Return the expression for the day before a moment.

    JSONata knows no time zones, so it is given the zone's offsets for years ahead: in minutes, and from which
    millisecond on. The one of the moment that was due decides, not the present one: an execution may begin late.
    """
    known = [
        {"from": round(each.begin.timestamp() * 1000) if number else _LONG_AGO, "minutes": each.minutes}
        for number, each in enumerate(offsets(time_zone))
    ]
    table = json.dumps(known, separators=(",", ":"))
    return (
        f"( $due := $toMillis({moment}); $offsets := {table}; $held := $offsets[from <= $due]; "
        "$fromMillis($due + $held[-1].minutes * 60000 - 86400000, '[Y0001]-[M01]-[D01]') )"
    )


def _of_file(address: str, name: str, content: str) -> str:
    return f"'input=' & {name} & '-' & $substring($hash({address} & '?' & {content}, 'SHA-256'), 0, 16)"


def _matches(name: str, pattern: str) -> str:
    """Return the condition that a field of the input is a text of this form."""
    value = f"{_GIVEN}.{name}"
    return f"($type({value}) = 'string' and $exists($match({value}, {pattern})))"
