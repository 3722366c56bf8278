"""What an execution is to report on, and under which name: the first state of the batch's machine."""

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

__all__ = ["check_input"]

_GIVEN = "$states.input"
_DATE, _FILE = r"/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/", r"/^s3:\/\/[^\/]+\/.+$/"
_MOMENT, _OFFSET = r"/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$/", r"/^[+-][0-9]{4}$/"
_NAME = r"/^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/"
_WANTED = 'give {"date": "YYYY-MM-DD"} or {"input": "s3://bucket/key"}'
_UNNAMEABLE = "give the execution a name of letters, digits, - and _, at most 80: files of its run are named by it"
_YESTERDAY = f"$fromMillis($toMillis({_GIVEN}.scheduled) - 86400000, '[Y0001]-[M01]-[D01]', {_GIVEN}.offset)"
# The program names a file's report in the same way (`patterns_batch.application.planning`): one name for the claim, the
# manifest and the published folder.
_OF_FILE = (
    f"'input=' & $replace($substring($replace($split({_GIVEN}.input, '/')[-1], /[^A-Za-z0-9._-]+/, '-'), 0, 80), "
    f"/^[.-]+|[.-]+$/, '') & '-' & $substring($hash({_GIVEN}.input, 'SHA-256'), 0, 8)"
)


def check_input(scope: Construct, then: sfn.IChainable) -> sfn.Chain:
    """Go on with ``then``: ``key`` is the report's name, ``source`` the program's arguments; or fail, saying why."""
    always = {"run": "{% $states.context.Execution.Name %}", "again": f"{{% {_GIVEN}.again = true %}}"}
    check = sfn.Choice.jsonata(scope, "Check input")
    check.when(
        sfn.Condition.jsonata(f"{{% $not($exists($match($states.context.Execution.Name, {_NAME}))) %}}"),
        sfn.Fail.jsonata(scope, "No name", error="BadInput", cause=_UNNAMEABLE),
    )
    for condition, kind, value, name in (
        (_matches("date", _DATE), "date", f"{_GIVEN}.date", f"'date=' & {_GIVEN}.date"),
        (_matches("input", _FILE), "input", f"{_GIVEN}.input", _OF_FILE),
        (
            f"{_matches('scheduled', _MOMENT)} and {_matches('offset', _OFFSET)}",
            "date",
            _YESTERDAY,
            f"'date=' & {_YESTERDAY}",
        ),
    ):
        chosen = {"key": f"{{% {name} %}}", "source": [f"--{kind}", f"{{% {value} %}}"]}
        check.when(sfn.Condition.jsonata(f"{{% {condition} %}}"), then, assign={**always, **chosen})
    check.otherwise(
        sfn.Fail.jsonata(scope, "No input", error="BadInput", cause=f"{{% '{_WANTED}, not ' & $string({_GIVEN}) %}}")
    )
    return sfn.Chain.start(check)


def _matches(name: str, pattern: str) -> str:
    """Return the condition that a field of the input is a text of this form."""
    value = f"{_GIVEN}.{name}"
    return f"($type({value}) = 'string' and $exists($match({value}, {pattern})))"
