"""The picture of the state machine: what is drawn of a definition, and that the page shows the one there is."""

from collections.abc import Callable
from typing import Any

import pytest

from patterns_cli.marked_text import between_markers, replace_between
from patterns_cli.state_diagram import BEGIN, END, PAGES, diagrams
from patterns_infra.settings import Settings
from patterns_infra.synthesized import SynthesizedStack, definition_of
from patterns_infra.variants import VARIANTS


def lines(states: dict[str, Any], first: str = "A") -> list[str]:
    """Draw a machine, without the fence, the kind of picture and the start."""
    drawn = diagrams({"StartAt": first, "States": states}).splitlines()
    assert drawn[:3] == ["```mermaid", "flowchart TD", f"    start([start]) --> s_{first}"]
    return [line.strip() for line in drawn[3:-1]]


@pytest.mark.parametrize("variant", ["local", "aws", "production"])
def test_the_pages_show_the_definition(
    synthesize_pattern: Callable[[str, Settings], SynthesizedStack], variant: str
) -> None:
    """Write them anew with: python -m patterns_cli.state_diagram."""
    definition = definition_of(synthesize_pattern("batch", Settings.from_mapping(VARIANTS[variant])))
    for page, inside in PAGES.items():
        assert between_markers(page.read_text(), BEGIN, END) == diagrams(definition, inside), page


def test_ways_that_failures_take_are_dashed() -> None:
    """Retries lead back to the state, catches to another; the errors are named."""
    retry = {"ErrorEquals": ["X.Busy", "X.Slow"], "MaxAttempts": 5}
    catch = {"ErrorEquals": ["States.ALL"], "Next": "B"}
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "TimeoutSeconds": 600}
    assert lines({"A": {**task, "Retry": [retry], "Catch": [catch]}, "B": {"Type": "Fail"}}) == [
        's_A["A<br/>s3:getObject, at most 10 min"]',
        's_B[/"B"/]',
        's_A -. "retry X.Busy, X.Slow: 5 times" .-> s_A',
        's_A -. "catch States.ALL" .-> s_B',
    ]


def test_tries_after_any_failure_are_told_in_the_state() -> None:
    """An arrow back to each of many states would hide the ways; what is never tried again has no arrow either."""
    never, often = {"ErrorEquals": ["X.No"], "MaxAttempts": 0}, {"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 4}
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "End": True}
    assert lines({"A": {**task, "Retry": [never, often]}})[:1] == ['s_A["A<br/>s3:getObject, at most 5 tries"]']
    assert not any("retry" in line for line in lines({"A": {**task, "Retry": [never, often]}}))


def test_choices_show_their_conditions() -> None:
    """A long one by what it looks at; two that lead to the same state are one way; Mermaid's own signs are replaced."""
    long = "{% $type($states.input.date) = 'string' and $exists($states.input.zone) %}"
    rules = [{"Condition": long, "Next": "B"}, {"Condition": '{% $x < 2 & "y" %}', "Next": "B"}]
    assert lines({"A": {"Type": "Choice", "Choices": rules, "Default": "C d"}, "B": {"Type": "Pass"}}) == [
        's_A{"A"}',
        's_B["B"]',
        "s_A -- \"given date and zone<br/>$x less than 2 & 'y'\" --> s_B",
        's_A -- "otherwise" --> s_C_d',
    ]


def test_what_is_inside_of_a_map_is_drawn_inside() -> None:
    """With how many run at once."""
    inside = {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}
    assert lines({"A": {"Type": "Map", "MaxConcurrency": 4, "ItemProcessor": inside}}) == [
        'subgraph s_A ["A: each, 4 at once"]',
        's_B(["B"])',
        "end",
    ]


def test_a_step_that_is_tried_in_another_way_has_a_picture_of_its_own() -> None:
    """Equal ones share theirs."""

    def step(name: str, pause: str) -> dict[str, Any]:
        return {
            f"{name} begin": {"Type": "Pass", "Next": f"{name} {pause}"},
            f"{name} {pause}": {"Type": "Wait", "Next": f"{name} done"},
            f"{name} done": {"Type": "Pass", "Next": "Z"},
        }

    drawn = diagrams({"StartAt": "A begin", "States": step("A", "pause") | step("B", "where") | step("C", "pause")})
    assert "The inside of a step (A, C):" in drawn
    assert "The inside of a step (B):" in drawn
    assert drawn.count("```mermaid") == 3
    assert 's_A[["A"]]' in drawn
    assert "s_A --> s_Z" in drawn


def test_a_page_without_markers_is_left_alone() -> None:
    """Whoever took them out is told."""
    assert replace_between("a <b> x <e> c", "<b>", "<e>", "new") == "a <b>\n\nnew\n\n<e> c"
    for page in ("", "<e> <b>", "<b>"):
        with pytest.raises(ValueError, match="must have a line <b> and after it a line <e>"):
            replace_between(page, "<b>", "<e>", "new")
