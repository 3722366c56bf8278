"""One step of a workflow as a task on Fargate, with what becomes of each way in which it can end."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from patterns_infra.constructs.task_runner import TaskRunner

__all__ = ["BAD_INPUT", "TRIES", "TRY_AGAIN", "ResilientTask"]

BAD_INPUT, TRY_AGAIN = 2, 75
"""Exit codes of the program: its input can never be used; it was stopped before its end and can go on."""
TRIES = 4

_PAUSE = "{% $ceil($min([5 * $power(2, $tries - 1), 120]) * (0.5 + $random() / 2)) %}"
"""Seconds before another try: doubled each time, half of it chance, so that shards do not come back together."""
# Every exit code but 0 is States.TaskFailed to Step Functions, with the task's description, as JSON, for its cause. A
# task that never ran has no exit code, and the cause of a timeout is no JSON at all.
_EXIT_CODE = (
    "($states.errorOutput.Error = 'States.TaskFailed' and $contains($states.errorOutput.Cause, '\"ExitCode\"'))"
    " ? $parse($states.errorOutput.Cause).Containers[0].ExitCode : -1"
)


class ResilientTask(sfn.StateMachineFragment):
    """Runs on Spot, and on demand once Spot has taken the machine away.

    Bad input is given up at once; a program that was stopped goes on at once; everything else is tried again after a
    pause, a bounded number of times. What is given up is the error ``StepFailed``, for whoever catches it.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, runner: TaskRunner, command: Sequence[str], timeout: Duration
    ) -> None:
        """``command`` are the program's arguments, each a text or a JSONata expression."""
        super().__init__(scope, construct_id)
        self._begin = sfn.Pass.jsonata(self, "begin", assign={"tries": 0, "spot": True})
        self._done = sfn.Pass.jsonata(self, "done")
        where = sfn.Choice.jsonata(self, "where")
        on_spot = runner.run(self, "on Spot", command=command, spot=True, timeout=timeout)
        on_demand = runner.run(self, "on demand", command=command, spot=False, timeout=timeout)
        judge = self._judge(back=where)

        self._begin.next(where)
        where.when(sfn.Condition.jsonata("{% $spot %}"), on_spot).otherwise(on_demand)
        for run, spot in ((on_spot, f"({_EXIT_CODE}) != {TRY_AGAIN}"), (on_demand, "false")):
            run.add_catch(
                judge,
                assign={
                    "tries": "{% $tries + 1 %}",
                    "exitCode": f"{{% {_EXIT_CODE} %}}",
                    "spot": f"{{% {spot} %}}",
                    "reason": "{% $states.errorOutput.Error & ': ' & $substring($states.errorOutput.Cause, 0, 2000) %}",
                },
            )
            run.next(self._done)
        self.prefix_states(construct_id + " ")

    def _judge(self, *, back: sfn.Choice) -> sfn.Choice:
        judge = sfn.Choice.jsonata(self, "failed")
        give_up = sfn.Fail.jsonata(self, "given up", error="StepFailed", cause="{% $reason %}")
        pause = sfn.Wait.jsonata(self, "pause", time=sfn.WaitTime.seconds(_PAUSE))
        judge.when(sfn.Condition.jsonata(f"{{% $exitCode = {BAD_INPUT} or $tries >= {TRIES} %}}"), give_up)
        judge.when(sfn.Condition.jsonata(f"{{% $exitCode = {TRY_AGAIN} %}}"), back)
        judge.otherwise(pause)
        pause.next(back)
        return judge

    @property
    def start_state(self) -> sfn.State:
        """Where it begins."""
        return self._begin

    @property
    def end_states(self) -> list[sfn.INextable]:
        """Where it goes on when the step succeeded."""
        return [self._done]
