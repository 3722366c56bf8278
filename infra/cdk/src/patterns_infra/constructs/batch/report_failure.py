"""What becomes of a failed report: its reason is found out, noted in the claim, and the execution's cause."""

from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from patterns_infra.constructs.batch.parts_map import TOO_MANY_FAILED
from patterns_infra.constructs.batch.report_claim import ReportClaim
from patterns_infra.constructs.batch.resilient_task import BAD_INPUT, ended_with
from patterns_infra.constructs.batch.run_files import NOTE, RunFiles

__all__ = ["record_failure"]


def record_failure(scope: Construct, files: RunFiles, claim: ReportClaim) -> sfn.Chain:
    """Return the states that go on from ``$error``, what was caught.

    The reason is what Step Functions knows of it, and the program's own words if it left some.
    """
    of_machine = "$error.Error = 'StepFailed' ? $error.Cause : $error.Error & ': ' & $error.Cause"
    part = "($exists($words.shard) ? ' ' & $string($words.shard) : "
    part += "$exists($words.group) ? ' ' & $string($words.group) : '')"
    # The words may be of an earlier try, and the last one could not leave any, since it was killed.
    theirs = f"$contains($error.Cause, {ended_with(f'$words.step & {part}', '$string($words.exit_code)')})"
    # Of bad input the words say all that its sender needs; of anything else somebody has to look at the log.
    where = f"($words.exit_code = {BAD_INPUT} ? '' : ' [' & $error.Cause & ']')"
    told = f"$substring($words.reason, 0, 8000) & {where}"
    reason = f"{{% ( $words := $parse($states.result.Body); {theirs} ? {told} : {of_machine} ) %}}"
    words = files.read(scope, "Read the reason", "failure.json", {"reason": reason})
    fail = sfn.Fail.jsonata(scope, "Failed", error="ReportFailed", cause="{% $reason %}")
    record = claim.give_up(fail)
    words.add_catch(record, assign={"reason": f"{{% {of_machine} %}}"})
    words.next(record)
    return _which_part(scope, files, words)


def _which_part(scope: Construct, files: RunFiles, then: tasks.CallAwsService) -> sfn.Chain:
    """Return the states that find out which part of a distributed map failed, and why: it left a note."""
    cause = "{% $parse($states.result.Body).cause %}"
    note = files.read(scope, "Which part was it", NOTE, {"error": {"Error": "StepFailed", "Cause": cause}})
    note.add_catch(then)
    note.next(then)
    which = sfn.Choice.jsonata(scope, "Whose failure")
    which.when(sfn.Condition.jsonata(f"{{% $error.Error = '{TOO_MANY_FAILED}' %}}"), note).otherwise(then)
    return sfn.Chain.start(which)
