"""One step of a workflow as a task on Fargate, with what becomes of each way in which it can end."""

from collections.abc import Callable, Sequence

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from patterns_infra.constructs.batch.task_runner import TaskRunner

__all__ = ["BAD_INPUT", "TRIES", "TRY_AGAIN", "ResilientTask", "ended_with"]

BAD_INPUT, TRY_AGAIN = 2, 75
"""Exit codes of the program: its input can never be used; it was stopped before its end and can go on."""
TRIES = 4
_SIGNALS = 128
"""Exit codes above tell which signal ended the program, less this."""

_PAUSE = "{% $ceil($min([5 * $power(2, $TRIES - 1), 120]) * (0.5 + $random() / 2)) %}"
"""Seconds before another try: doubled each time, half of it chance, so that shards do not come back together."""
_ENDED = " ended with exit code "


def ended_with(what: str, exit_code: str) -> str:
    """Return the expression for how a given up step's cause begins that ended with this exit code."""
    return f"{what} & '{_ENDED}' & {exit_code} & ' '"


class ResilientTask(sfn.StateMachineFragment):
    """Runs on Spot, and on demand once Spot has taken the machine away or had none.

    Bad input is given up at once; a program that was stopped goes on at once; everything else is tried again after a
    pause, a bounded number of times. What is given up is noted, and then the error ``StepFailed``, for whoever catches
    it; its cause is a sentence.

    Its variables begin with ``variables``: an inner scope of a state machine may not assign what an outer one does.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        runner: TaskRunner,
        command: Sequence[str],
        timeout: Duration,
        what: str,
        note: Callable[[Construct, str], tasks.CallAwsService],
        variables: str = "step",
        disk: str = "",
    ) -> None:
        """Compose it.

        Args:
            scope: where.
            construct_id: what its states' names begin with.
            runner: what runs the program.
            command: the program's arguments, each a text or a JSONata expression.
            timeout: after which a try is stopped.
            what: the expression for what is done, as a reason begins.
            note: makes the state that notes why the step is given up, which is told by the variable of this name.
            variables: a word that no step around this one has.
            disk: the expression for the GiB of scratch disk; without one as much as any task has.
        """
        super().__init__(scope, construct_id)
        self._tries, self._spot, self._code, self._reason = (
            f"{variables}{name}" for name in ("Tries", "Spot", "Code", "Reason")
        )
        self._begin = sfn.Pass.jsonata(self, "begin", assign={self._tries: 0, self._spot: True})
        # What ECS tells of the task would be kept for each part of a map, and a state may hold 256 KiB.
        self._done = sfn.Pass.jsonata(self, "done", outputs={})
        where = sfn.Choice.jsonata(self, "where")
        on_spot = runner.run(self, "on Spot", command=command, spot=True, timeout=timeout, disk=disk)
        on_demand = runner.run(self, "on demand", command=command, spot=False, timeout=timeout, disk=disk)
        judge = self._judge(note, back=where)
        exit_code = _with_task(runner, "$code")
        # A program that ended by itself stays on Spot. One that was stopped or never ran may owe it to Spot.
        by_itself = f"$code > 0 and $code <= {_SIGNALS} and $code != {TRY_AGAIN}"

        self._begin.next(where)
        where.when(sfn.Condition.jsonata(f"{{% ${self._spot} %}}"), on_spot).otherwise(on_demand)
        for run, stays in ((on_spot, _with_task(runner, by_itself)), (on_demand, "{% false %}")):
            run.add_catch(
                judge,
                assign={
                    self._tries: f"{{% ${self._tries} + 1 %}}",
                    self._code: exit_code,
                    self._spot: stays,
                    self._reason: _with_task(runner, _sentence(runner, what, timeout)),
                },
            )
            run.next(self._done)
        self.prefix_states(construct_id + " ")

    def _judge(self, note: Callable[[Construct, str], tasks.CallAwsService], *, back: sfn.Choice) -> sfn.Choice:
        code, tries = f"${self._code}", f"${self._tries}"
        judge = sfn.Choice.jsonata(self, "failed")
        give_up = sfn.Fail.jsonata(self, "given up", error="StepFailed", cause=f"{{% ${self._reason} %}}")
        noted = note(self, self._reason)
        noted.add_catch(give_up)
        noted.next(give_up)
        pause = sfn.Wait.jsonata(self, "pause", time=sfn.WaitTime.seconds(_PAUSE.replace("$TRIES", tries)))
        judge.when(sfn.Condition.jsonata(f"{{% {code} = {BAD_INPUT} or {tries} >= {TRIES} %}}"), noted)
        judge.when(sfn.Condition.jsonata(f"{{% {code} = {TRY_AGAIN} %}}"), back)
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


def _with_task(runner: TaskRunner, value: str) -> str:
    """Return the expression for a value that is told with ``$e``, ``$task`` and ``$code``.

    Every exit code but 0 is States.TaskFailed to Step Functions, with the task's description, as JSON, for its cause. A
    timeout's cause is empty, a refused request's is a sentence: neither has a ``$task``. A container that never ran has
    no exit code: ``$code`` is -1. Containers are found by name, since Fargate may add one of its own.
    """
    return (
        "{% ( $e := $states.errorOutput; "
        "$task := $contains($e.Cause, '\"StopCode\"') ? $parse($e.Cause) : {}; "
        f"$found := $task.Containers[Name = '{runner.container.container_name}'].ExitCode; "
        f"$code := $exists($found) ? $found : -1; {value} ) %}}"
    )


def _sentence(runner: TaskRunner, what: str, timeout: Duration) -> str:
    stream = f"'{runner.stream_prefix}/{runner.container.container_name}/' & $split($task.TaskArn, '/')[-1]"
    stopped = "$string($task.StoppedReason) & $join($task.Containers.(Reason ? '; ' & Reason : ''))"
    return (
        f"$e.Error = 'States.Timeout' ? {what} & ' took longer than {timeout.to_seconds():.0f} s and was stopped' : "
        f"$code >= 0 ? {ended_with(what, '$string($code)')} & '(' & {stopped} & '), log stream ' & {stream} : "
        f"$exists($task.TaskArn) ? {what} & ' did not run (' & $string($task.StopCode) & ': ' & {stopped} & ')' : "
        f"{what} & ' could not be started: ' & $e.Error & ': ' & $substring($e.Cause, 0, 2000)"
    )
