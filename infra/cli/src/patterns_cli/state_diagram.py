"""The batch's state machine as Mermaid, drawn from the synthesized definition into the pages of the batch.

``python -m patterns_cli.state_diagram`` writes it; a test fails when the page and the definition differ. Steps that
are tried in the same way are one box each, and how they are tried is drawn once.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from patterns_cli.marked_text import replace_between
from patterns_infra.batch_steps import TASK_PARTS, step_state
from patterns_infra.paths import REPOSITORY
from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Settings
from patterns_infra.synth import synthesize
from patterns_infra.synthesized import SynthesizedStack, definition_of

__all__ = ["BEGIN", "END", "PAGES", "diagrams", "main"]

BEGIN = "<!-- state machine: written by python -m patterns_cli.state_diagram -->"
END = "<!-- end of state machine -->"
INSIDE = "The inside of a step ({steps}):"
PAGES: Mapping[Path, str] = MappingProxyType(
    {
        REPOSITORY / "docs" / "batch.md": INSIDE,
        REPOSITORY / "docs" / "ja" / "batch.md": "ステップ ({steps}) の内部は次のとおりです。",
    }
)
"""The pages that show it, and how each introduces what is drawn once for all steps that are alike."""

States = Mapping[str, Mapping[str, Any]]

_SHAPES = {
    "Choice": ("{", "}"),
    "Wait": ("([", "])"),
    "Succeed": ("([", "])"),
    "Fail": ("[/", "/]"),
    "Step": ("[[", "]]"),
}
_LONGEST_CONDITION = 40
_VARIABLE = re.compile(r"\$(?:step|part)(Tries|Spot|Code)")
"""Of a step; its parts are drawn once for all steps, whatever their variables are called."""


class _Edge(NamedTuple):
    """A way from one state to another; those of failures are drawn dashed."""

    source: str
    target: str
    label: str
    failure: bool


def main() -> None:
    """Write the pages."""
    settings = Settings()
    stack = SynthesizedStack(synthesize(settings), PATTERNS["batch"].stack_name(settings.stage))
    for page, inside in PAGES.items():
        page.write_text(replace_between(page.read_text(), BEGIN, END, diagrams(definition_of(stack), inside)))
        sys.stderr.write(f"wrote {page.relative_to(REPOSITORY)}\n")


def diagrams(definition: Mapping[str, Any], inside: str = INSIDE) -> str:
    """Return the whole machine, and each way in which its steps are tried, as Markdown; ``inside`` introduces those."""
    parts = [_fenced([f"    start([start]) --> {_id(definition['StartAt'])}", *_drawn(definition["States"], "    ")])]
    for steps, states in _ways(definition["States"]).items():
        parts.append(inside.format(steps=", ".join(steps)))
        parts.append(_fenced([*_lines(states, list(_edges(states)), "    ")]))
    return "\n\n".join(parts)


def _fenced(lines: list[str]) -> str:
    return "\n".join(["```mermaid", "flowchart TD", *lines, "```"])


def _drawn(states: States, indent: str) -> Iterator[str]:
    """Yield the lines of one level, with the levels inside of it."""
    yield from _lines(_with_steps(states), list(_edges(states, whole_steps=True)), indent)


def _lines(states: States, edges: list[_Edge], indent: str) -> Iterator[str]:
    for name, state in states.items():
        inside = [*state.get("Branches", []), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])]
        if not inside:
            left, right = _SHAPES.get(state["Type"], ("[", "]"))
            yield f'{indent}{_id(name)}{left}"{_text(_label(name, state))}"{right}'
            continue
        yield f'{indent}subgraph {_id(name)} ["{_text(_label(name, state))}"]'
        for each in inside:
            yield from _drawn(each["States"], indent + "    ")
        yield f"{indent}end"
    for edge in edges:
        label = f'"{_text(edge.label)}"' if edge.label else ""
        arrow = f"-. {label} .->" if edge.failure and label else f"-- {label} -->" if label else "-->"
        yield f"{indent}{_id(edge.source)} {arrow} {_id(edge.target)}"


def _with_steps(states: States) -> dict[str, Mapping[str, Any]]:
    """Return the states with one for each step instead of its parts."""
    found: dict[str, Mapping[str, Any]] = {}
    for name, state in states.items():
        part = step_state(name)
        if part is None:
            found[name] = state
        elif part.part in TASK_PARTS or part.step not in found:
            known = {key: state[key] for key in ("Resource", "TimeoutSeconds") if key in state}
            found[part.step] = {"Type": "Step", **known}
    return found


def _edges(states: States, *, whole_steps: bool = False) -> Iterator[_Edge]:
    """Yield the ways between states, several of the same two as one; with ``whole_steps`` not those inside of steps."""
    labels: dict[tuple[str, str, bool], list[str]] = {}
    for name, state in states.items():
        for target, label, failure in _ways_out(name, state):
            source, goal = (_whole(x) if whole_steps else x for x in (name, target))
            if not whole_steps or source != goal or name == target:
                labels.setdefault((source, goal, failure), []).append(label)
    for (source, target, failure), texts in labels.items():
        yield _Edge(source, target, "\n".join(text for text in texts if text), failure)


def _whole(state: str) -> str:
    part = step_state(state)
    return part.step if part else state


def _ways_out(name: str, state: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    for rule in state.get("Choices", []):
        yield rule["Next"], _condition(rule["Condition"]), False
    if "Default" in state:
        yield state["Default"], "otherwise", False
    if "Next" in state:
        yield state["Next"], "", False
    for retry in state.get("Retry", []):
        times = _more_tries(retry)
        if times and not _of_any_failure(retry):
            yield name, f"retry {', '.join(retry['ErrorEquals'])}: {times} times", True
    for catch in state.get("Catch", []):
        yield catch["Next"], f"catch {', '.join(catch['ErrorEquals'])}", True


def _more_tries(retry: Mapping[str, Any]) -> int:
    return int(retry.get("MaxAttempts", 3))


def _of_any_failure(retry: Mapping[str, Any]) -> bool:
    return bool({"States.TaskFailed", "States.ALL"} & set(retry["ErrorEquals"]))


def _condition(text: str) -> str:
    """Return a condition, or, of a long one, what it looks at of the input or of the execution."""
    plain = _VARIABLE.sub(lambda of: f"${of[1].lower()}", text.removeprefix("{%").removesuffix("%}").strip())
    fields = list(dict.fromkeys(re.findall(r"\$states\.(?:input|context\.Execution)\.(\w+)", plain)))
    never = "not " if plain.startswith("$not(") else ""
    return f"{never}given {' and '.join(fields)}" if len(plain) > _LONGEST_CONDITION and fields else plain


def _label(name: str, state: Mapping[str, Any]) -> str:
    """Return the name, and what a task calls, how long and how often at most, or how many run at once."""
    if state["Type"] == "Map":
        return f"{name}: each, {state.get('MaxConcurrency', 'all')} at once"
    service = re.sub(r"^.*:states:::(aws-sdk:)?", "", str(state.get("Resource", "")))
    limit = f", at most {state['TimeoutSeconds'] // 60} min" if "TimeoutSeconds" in state else ""
    tries = 1 + sum(_more_tries(retry) for retry in state.get("Retry", []) if _of_any_failure(retry))
    often = f", at most {tries} tries" if tries > 1 else ""
    return f"{name}\n{service}{limit}{often}" if service else name


def _ways(states: States) -> dict[tuple[str, ...], dict[str, Mapping[str, Any]]]:
    """Return each way in which steps are tried, by the names of the steps that are tried so."""
    steps: dict[str, dict[str, Mapping[str, Any]]] = {}
    for name, state in _all(states):
        if part := step_state(name):
            steps.setdefault(part.step, {})[part.part] = _without_step(part.step, state)
    ways: dict[str, list[str]] = {}
    for step, parts in steps.items():
        ways.setdefault(json.dumps([list(_edges(parts)), list(parts)]), []).append(step)
    return {tuple(same): steps[same[0]] for same in ways.values()}


def _all(states: States) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, state in states.items():
        yield name, state
        for each in [*state.get("Branches", []), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])]:
            yield from _all(each["States"])


def _without_step(step: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state with the ways inside of its step only, without the step's name and times."""

    def within(rule: Mapping[str, Any]) -> dict[str, Any]:
        return {**rule, "Next": str(rule["Next"]).removeprefix(f"{step} ")}

    kept = {key: state[key] for key in ("Type", "Resource") if key in state}
    for key in ("Choices", "Catch"):
        if key in state:
            kept[key] = [within(rule) for rule in state[key]]
    for key in ("Next", "Default"):
        target = str(state.get(key, ""))
        if target.startswith(f"{step} "):
            kept[key] = target.removeprefix(f"{step} ")
    return kept | ({"Retry": state["Retry"]} if "Retry" in state else {})


def _id(name: str) -> str:
    # "end" alone, in any case, ends a subgraph.
    return "s_" + re.sub(r"\W+", "_", name)


def _text(label: str) -> str:
    """Return a label as Mermaid takes it between quotes; its own escapes are shown as they are in some places."""
    for sign, shown in ((">=", "≥"), ("<=", "≤"), ("<", "less than"), (">", "more than"), ('"', "'"), ("\n", "<br/>")):
        label = label.replace(sign, shown)
    return label


if __name__ == "__main__":
    main()
