"""The five computes, with the files that each piece of work needs there."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["BASE", "COMPUTES", "DURABLE", "FUNCTION", "MACHINE", "POD", "TASK", "Compute", "Files", "lines_of"]

_HERE = Path(__file__).parent
_ADAPTERS = "benchmarks.compute.adapters"


@dataclass(frozen=True, slots=True)
class Files:
    """Names of files below this folder: what is written for a compute, in addition to the unchanged program."""

    adapter: tuple[str, ...]
    infrastructure: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compute:
    """One way to run the same work.

    Attributes:
        name: how the results call it.
        kind: ``function``, ``durable`` or ``program``.
        orders: the module that fulfils orders: of a ``lambda_handler``, or of a program.
        report: the module that makes a report; empty for the batch's own program, a start for each step.
        order_files: what the fulfilment needs.
        report_files: what the report needs.
    """

    name: str
    kind: str
    orders: str
    report: str
    order_files: Files
    report_files: Files

    @property
    def invoked(self) -> bool:
        """Whether Lambda polls the queue, and calls it."""
        return self.kind != "program"


FUNCTION = Compute(
    "Lambda behind SQS",
    "function",
    f"{_ADAPTERS}.order_function",
    f"{_ADAPTERS}.report_function",
    Files(("adapters/fulfilment.py", "adapters/order_function.py"), ("infrastructure/order_function.yaml",)),
    Files(("adapters/report.py", "adapters/report_function.py"), ("infrastructure/report_function.yaml",)),
)
DURABLE = Compute(
    "a durable function behind SQS",
    "durable",
    f"{_ADAPTERS}.order_durable",
    f"{_ADAPTERS}.report_durable",
    Files(("adapters/fulfilment.py", "adapters/order_durable.py"), ("infrastructure/order_durable.yaml",)),
    Files(("adapters/report.py", "adapters/report_durable.py"), ("infrastructure/report_durable.yaml",)),
)
TASK = Compute(
    "a task on Fargate",
    "program",
    f"{_ADAPTERS}.order_task",
    "",
    Files(
        ("adapters/fulfilment.py", "adapters/polling.py", "adapters/order_task.py"), ("infrastructure/order_task.yaml",)
    ),
    Files((), ("infrastructure/report_task.yaml",)),
)
POD = Compute(
    "a pod",
    "program",
    "patterns_k8s.worker",
    "",
    Files((), ("infrastructure/cluster.yaml", "infrastructure/order_pod_role.yaml", "infrastructure/order_pod.yaml")),
    Files((), ("infrastructure/cluster.yaml", "infrastructure/report_pod_role.yaml", "infrastructure/report_pod.yaml")),
)
MACHINE = Compute(
    "a process on a machine",
    "program",
    f"{_ADAPTERS}.order_machine",
    f"{_ADAPTERS}.report_machine",
    Files(
        ("adapters/fulfilment.py", "adapters/polling.py", "adapters/order_machine.py"),
        ("infrastructure/order_machine.yaml", "infrastructure/order_machine.service"),
    ),
    Files(
        ("adapters/report.py", "adapters/report_machine.py"),
        (
            "infrastructure/report_machine.yaml",
            "infrastructure/report_machine.service",
            "infrastructure/report_machine.timer",
        ),
    ),
)
COMPUTES = (FUNCTION, DURABLE, TASK, POD, MACHINE)
BASE = MACHINE
"""The others are compared with it: it has nothing but the program."""


def lines_of(files: tuple[str, ...]) -> int:
    """Return how many lines the files have that are neither empty nor a comment."""
    lines = (line.strip() for name in files for line in (_HERE / name).read_text().splitlines())
    return sum(bool(line) and not line.startswith("#") for line in lines)
