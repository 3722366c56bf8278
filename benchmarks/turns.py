"""Subjects take turns, each in a process that stays: what disturbs the machine disturbs all of them."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from benchmarks.installation import Installation
from benchmarks.subjects import Subject

__all__ = ["Seconds", "take_turns"]

Seconds = Mapping[str, float]
"""What a turn took, by kind of time: ``wall`` and ``processor``."""


def take_turns(
    installation: Installation, subjects: Sequence[Subject], rounds: int, mode: str, *rest: str
) -> dict[Subject, list[Seconds]]:
    """Return what every turn took; each subject has one a round, and the first of them is not counted."""
    seen: dict[Subject, list[Seconds]] = {subject: [] for subject in subjects}
    with ExitStack() as ending:
        processes = {
            subject: ending.enter_context(_process(installation, subject, mode, *rest)) for subject in subjects
        }
        for number in range(rounds + 1):
            for subject, process in processes.items():
                seconds = _turn(process)
                if number:
                    seen[subject].append(seconds)
        for process in processes.values():
            assert process.stdin
            process.stdin.close()
    return seen


def _process(installation: Installation, subject: Subject, mode: str, *rest: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        installation.command(subject, mode, *rest),
        env=installation.environment(subject),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _turn(process: subprocess.Popen[str]) -> Seconds:
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    line = process.stdout.readline()
    assert line, "the subject ended early"
    seconds: Seconds = json.loads(line)
    return seconds
