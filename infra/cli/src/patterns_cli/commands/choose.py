"""`patterns choose`: which service fits a workload, and why; asks in the terminal for what is not given."""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from patterns_cli.choosing.decision import Answer, decide
from patterns_cli.choosing.figures import Figures
from patterns_cli.choosing.guide import Guide, GuideError, Language
from patterns_cli.choosing.links import link_in
from patterns_cli.choosing.records import Limit, Question
from patterns_cli.choosing.translation import read_guide_in
from patterns_cli.commands.failures import CommandError, WrongUse

__all__ = ["choose"]

_REPOSITORY_ROOT = "../"


def choose(given: Mapping[str, str | None], *, as_json: bool, language: str = Language.ENGLISH) -> None:
    """Find the service for a workload and explain it, or write the same as JSON.

    Args:
        given: replies by question; what is ``None`` is asked for when the path needs it.
        as_json: for programs.
        language: of questions and answer.

    Raises:
        WrongUse: no such language, a reply that is not one of the choices, or one that is missing where no terminal is
            there to ask.
        CommandError: a data file cannot be read, or the input ended.
    """
    if language not in set(Language):
        raise WrongUse(f"--language must be one of {', '.join(Language)}, not {language!r}")
    try:
        guide = read_guide_in(Language(language))
        figures = Figures(guide)
        for name, value in given.items():
            if value is not None and (wrong := _wrong(guide, name, value)):
                raise WrongUse(wrong)
        answer = decide(guide, _asker(guide, given, interactive=sys.stdin.isatty()))
        if as_json:
            sys.stdout.write(json.dumps(_document(answer, guide, figures), indent=2, ensure_ascii=False) + "\n")
        else:
            sys.stderr.write(_explanation(answer, guide, figures))
    except GuideError as error:
        raise CommandError(str(error)) from error


def _asker(guide: Guide, given: Mapping[str, str | None], *, interactive: bool) -> Callable[[Question], str]:
    def ask(question: Question) -> str:
        value = given.get(question.id)
        if value is not None:
            return value
        if not interactive:
            choices = ", ".join(choice.value for choice in question.choices)
            missing = guide.say("--{option} is missing: {ask} (choose from: {choices})")
            raise WrongUse(missing.format(option=question.id, ask=question.ask, choices=choices))
        return _ask_in_terminal(guide, question)

    return ask


def _ask_in_terminal(guide: Guide, question: Question) -> str:
    """Show the choices with numbers, and ask until one is named by its number or its value."""
    write = sys.stderr.write
    write(f"\n{question.ask}\n")
    for number, choice in enumerate(question.choices, 1):
        write(f"  {number}  {choice.value:12} {choice.text}\n")
    while True:
        write(guide.say("1 to {count}, or a word of the list: ").format(count=len(question.choices)))
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise CommandError(guide.say("the input ended before --{option} was answered").format(option=question.id))
        typed = line.strip()
        if typed.isascii() and typed.isdigit() and 1 <= int(typed[:3]) <= len(question.choices):
            return question.choices[int(typed[:3]) - 1].value
        if typed in {choice.value for choice in question.choices}:
            return typed
        write(guide.say("{typed} is not in the list; ").format(typed=repr(typed)))


def _wrong(guide: Guide, name: str, value: str) -> str:
    choices = [choice.value for choice in guide.questions[name].choices]
    if value in choices:
        return ""
    wrong = guide.say("--{option} must be one of {choices}, not {value}")
    return wrong.format(option=name, choices=", ".join(choices), value=repr(value))


def _explanation(answer: Answer, guide: Guide, figures: Figures) -> str:
    """Return the answer for people."""
    service, say = answer.service, guide.say
    lines = [f"\n{service.name}", f"  {service.what}", f"\n{say('because')}"]
    for step in answer.steps:
        lines += [
            f"  {step.question.id} {step.reply}: {step.edge.reason}",
            f"    {figures.fill(step.edge.figure)} ({_place(step.edge.link, guide)})",
        ]
    if answer.additions:
        lines.append(f"\n{say('with it')}")
        for addition in answer.additions:
            reason = figures.fill(addition.reason)
            lines += [f"  {figures.fill(addition.text)}", f"    {reason} ({_place(addition.link, guide)})"]
    if answer.warnings:
        lines.append(f"\n{say('wrong answers near it')}")
        for wrong in answer.warnings:
            costs, better = figures.fill(wrong.costs), figures.fill(wrong.better)
            lines.append(say("  {took}: {costs}; better: {better}").format(took=wrong.took, costs=costs, better=better))
    if service.limits:
        lines.append(f"\n{say('its limits')}")
        lines += [f"  {x.service}: {x.text} ({x.source}, {x.read or say('not read')})" for x in _limits(answer, guide)]
    lines.append(f"\n{say('see' if service.example else 'see (this repository does not run it)')}")
    lines += [f"  {_place(link, guide)}" for link in service.code]
    if service.compute:
        lines.append(f"  uv run patterns cost --compute {service.compute}")
    options = " ".join(f"--{name} {value}" for name, value in answer.workload.items())
    if guide.language is not Language.ENGLISH:
        options += f" --language {guide.language}"
    return "\n".join([*lines, f"\n{say('the same again')}", f"  uv run patterns choose {options}", ""])


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
                "link": _place(step.edge.link, guide),
            }
            for step in answer.steps
        ],
        "with": [
            {"id": x.id, "text": figures.fill(x.text), "reason": figures.fill(x.reason), "link": _place(x.link, guide)}
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
        "see": [_place(link, guide) for link in service.code],
        "cost_command": f"patterns cost --compute {service.compute}" if service.compute else None,
    }


def _limits(answer: Answer, guide: Guide) -> list[Limit]:
    return [guide.limits[name] for name in answer.service.limits.values()]


def _place(link: str, guide: Guide) -> str:
    """Return a link of the page as a path from the repository's root."""
    if link.startswith("https://"):
        return link
    if link.startswith(_REPOSITORY_ROOT):
        return link.removeprefix(_REPOSITORY_ROOT)
    return f"docs/{link_in(guide.language, link)}"
