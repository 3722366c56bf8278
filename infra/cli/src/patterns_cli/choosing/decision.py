"""The way of one workload through the guide; only the questions that decide something are asked."""

from collections.abc import Callable
from dataclasses import dataclass

from patterns_cli.choosing.guide import Guide
from patterns_cli.choosing.records import Addition, Edge, Question, Service, WrongAnswer

__all__ = ["Answer", "Step", "decide"]


@dataclass(frozen=True, slots=True)
class Step:
    """One question with the reply to it, and the edge that was taken."""

    question: Question
    reply: str
    edge: Edge


@dataclass(frozen=True, slots=True)
class Answer:
    """A service, the way to it, and what comes with it.

    Attributes:
        service: what to take.
        steps: the way there.
        additions: what else the workload needs.
        warnings: wrong answers near this one.
        workload: the replies, by question, in the order in which they were asked for.
    """

    service: Service
    steps: tuple[Step, ...]
    additions: tuple[Addition, ...]
    warnings: tuple[WrongAnswer, ...]
    workload: dict[str, str]


def decide(guide: Guide, ask: Callable[[Question], str]) -> Answer:
    """Return the answer for a workload.

    Args:
        guide: as read from the file.
        ask: replies to a question with the value of one of its choices; called once for each.
    """
    workload: dict[str, str] = {}

    def reply(name: str) -> str:
        if name not in workload:
            workload[name] = ask(guide.questions[name])
        return workload[name]

    steps: list[Step] = []
    node = guide.start
    while True:
        value = reply(node.question)
        edge = node.edge(value)
        steps.append(Step(guide.questions[node.question], value, edge))
        if edge.service:
            break
        node = guide.nodes[edge.to]
    service = guide.services[edge.service]
    fronts = {step.edge.front for step in steps}
    additions = tuple(
        addition
        for addition in guide.additions
        if (not addition.services or service.id in addition.services)
        and (not addition.front or addition.front in fronts)
        and all(reply(name) in values for name, values in addition.when.items())
    )
    warnings = tuple(wrong for wrong in guide.wrong_answers if service.id in wrong.services)
    return Answer(service, tuple(steps), additions, warnings, workload)
