"""Before anything is timed: each subject does the work that it is timed for, and refuses what it must."""

import json
import subprocess
from typing import Any

from benchmarks.installation import Installation
from benchmarks.order_event import expected_total
from benchmarks.peers.prices import PRICES
from benchmarks.subjects import Subject

__all__ = ["WrongAnswer", "ask", "check"]


class WrongAnswer(Exception):
    """A subject does not do what the others do, so that its time would say nothing."""


def check(installation: Installation, subject: Subject) -> None:
    """Ask the subject for one good order and all bad ones.

    Raises:
        WrongAnswer: saying which.
    """
    answers = ask(installation, subject, "asking.check")
    good = answers["good"]
    order = json.loads(good["body"])
    headers = {name.lower(): value for name, value in _headers(good).items()}
    seen = (good["statusCode"], order.get("total"), order.get("status"), headers.get("location"))
    wanted = (201, expected_total(PRICES), "PLACED", f"/orders/{order.get('order_id')}")
    if (*seen[:3], str(seen[3]).removeprefix("/v1")) != wanted:
        raise WrongAnswer(f"{subject.name} answered a good order with {seen}, not {wanted}")
    taken = [f"{what}: {status}" for what, status in answers["bad"].items() if not 400 <= status < 500]
    if taken:
        raise WrongAnswer(f"{subject.name} did not refuse {', '.join(taken)}")


def ask(installation: Installation, subject: Subject, mode: str, *rest: str) -> dict[str, Any]:
    """Return the subject's one answer in a mode such as ``asking.check``.

    Raises:
        WrongAnswer: it gave none.
    """
    done = subprocess.run(
        installation.command(subject, mode, *rest),
        env=installation.environment(subject),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise WrongAnswer(f"{subject.name} failed: {done.stderr.strip()[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _headers(answer: dict[str, dict[str, str] | dict[str, list[str]]]) -> dict[str, str]:
    several = {name: values[0] for name, values in (answer.get("multiValueHeaders") or {}).items()}
    single = {name: str(value) for name, value in (answer.get("headers") or {}).items()}
    return {**several, **single}
