"""`patterns choose`: which service fits a workload, and why; asks in the terminal for what is not given."""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from patterns_infra.choosing.decision import Answer, decide
from patterns_infra.choosing.figures import Figures
from patterns_infra.choosing.guide import Guide, GuideError, read_guide
from patterns_infra.choosing.records import Limit, Question
from patterns_infra.commands.failures import CommandError, WrongUse

__all__ = ["choose"]

_REPOSITORY_ROOT = "../"


def choose(given: Mapping[str, str | None], *, as_json: bool) -> None:
    """Find the service for a workload and explain it, or write the same as JSON.

    Args:
        given: replies by question; what is ``None`` is asked for when the path needs it.
        as_json: for programs.

    Raises:
        WrongUse: a reply that is not one of the choices, or one that is missing where no terminal is there to ask.
        CommandError: a data file cannot be read, or the input ended.
    """
    try:
        guide = read_guide()
        figures = Figures(guide)
        for name, value in given.items():
            if value is not None and (wrong := _wrong(guide.questions[name], value)):
                raise WrongUse(wrong)
        answer = decide(guide, _asker(given, interactive=sys.stdin.isatty()))
        if as_json:
            sys.stdout.write(json.dumps(_document(answer, guide, figures), indent=2, ensure_ascii=False) + "\n")
        else:
            sys.stderr.write(_explanation(answer, guide, figures))
    except GuideError as error:
        raise CommandError(str(error)) from error


def _asker(given: Mapping[str, str | None], *, interactive: bool) -> Callable[[Question], str]:
    def ask(question: Question) -> str:
        value = given.get(question.id)
        if value is not None:
            return value
        if not interactive:
            choices = ", ".join(choice.value for choice in question.choices)
            raise WrongUse(f"--{question.id} is missing: {question.ask} (choose from: {choices})")
        return _ask_in_terminal(question)

    return ask


def _ask_in_terminal(question: Question) -> str:
    """Show the choices with numbers, and ask until one is named by its number or its value."""
    write = sys.stderr.write
    write(f"\n{question.ask}\n")
    for number, choice in enumerate(question.choices, 1):
        write(f"  {number}  {choice.value:12} {choice.text}\n")
    while True:
        write(f"1 to {len(question.choices)}, or a word of the list: ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise CommandError(f"the input ended before --{question.id} was answered")
        typed = line.strip()
        if typed.isascii() and typed.isdigit() and 1 <= int(typed[:3]) <= len(question.choices):
            return question.choices[int(typed[:3]) - 1].value
        if typed in {choice.value for choice in question.choices}:
            return typed
        write(f"{typed!r} is not in the list; ")


def _wrong(question: Question, value: str) -> str:
    choices = [choice.value for choice in question.choices]
    return "" if value in choices else f"--{question.id} must be one of {', '.join(choices)}, not {value!r}"


def _explanation(answer: Answer, guide: Guide, figures: Figures) -> str:
    """Return the answer for people."""
    service = answer.service
    lines = [f"\n{service.name}", f"  {service.what}", "\nbecause"]
    for step in answer.steps:
        lines += [
            f"  {step.question.id} {step.reply}: {step.edge.reason}",
            f"    {figures.fill(step.edge.figure)} ({_place(step.edge.link)})",
        ]
    if answer.additions:
        lines.append("\nwith it")
        for addition in answer.additions:
            reason = figures.fill(addition.reason)
            lines += [f"  {figures.fill(addition.text)}", f"    {reason} ({_place(addition.link)})"]
    if answer.warnings:
        lines.append("\nwrong answers near it")
        for wrong in answer.warnings:
            lines.append(f"  {wrong.took}: {figures.fill(wrong.costs)}; better: {figures.fill(wrong.better)}")
    if service.limits:
        lines.append("\nits limits")
        lines += [f"  {x.service}: {x.text} ({x.source}, {x.read or 'not read'})" for x in _limits(answer, guide)]
    lines.append("\nsee" if service.example else "\nsee (this repository does not run it)")
    lines += [f"  {_place(link)}" for link in service.code]
    if service.compute:
        lines.append(f"  uv run patterns cost --compute {service.compute}")
    options = " ".join(f"--{name} {value}" for name, value in answer.workload.items())
    return "\n".join([*lines, "\nthe same again", f"  uv run patterns choose {options}", ""])


def _document(answer: Answer, guide: Guide, figures: Figures) -> dict[str, Any]:
    """Return the answer for programs."""
    service = answer.service
    return {
        "service": {"id": service.id, "name": service.name, "what": service.what, "example": service.example},
        "workload": answer.workload,
        "because": [
            {
                "question": step.question.id,
                "reply": step.reply,
                "reason": step.edge.reason,
                "figure": figures.fill(step.edge.figure),
                "link": _place(step.edge.link),
            }
            for step in answer.steps
        ],
        "with": [
            {"id": x.id, "text": figures.fill(x.text), "reason": figures.fill(x.reason), "link": _place(x.link)}
            for x in answer.additions
        ],
        "wrong_answers": [
            {
                "took": x.took,
                "costs": figures.fill(x.costs),
                "better": figures.fill(x.better),
                "gets": figures.fill(x.gets),
            }
            for x in answer.warnings
        ],
        "limits": [
            {
                "service": x.service,
                "value": x.value,
                "text": x.text,
                "can_be_raised": x.changeable,
                "source": x.source,
                "read": x.read,
                "confidence": x.confidence,
            }
            for x in _limits(answer, guide)
        ],
        "see": [_place(link) for link in service.code],
        "cost_command": f"patterns cost --compute {service.compute}" if service.compute else None,
    }


def _limits(answer: Answer, guide: Guide) -> list[Limit]:
    return [guide.limits[name] for name in answer.service.limits.values()]


def _place(link: str) -> str:
    """Return a link of the page as a path from the repository's root."""
    if link.startswith("https://"):
        return link
    return link.removeprefix(_REPOSITORY_ROOT) if link.startswith(_REPOSITORY_ROOT) else f"docs/{link}"
