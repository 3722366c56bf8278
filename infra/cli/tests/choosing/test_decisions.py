"""Every workload gets an answer, and no answer breaks a hard limit."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patterns_cli.choosing.decision import Answer, decide
from patterns_cli.choosing.figures import Figures
from patterns_cli.choosing.guide import Guide, Language, read_guide
from patterns_cli.choosing.translation import read_guide_in

GUIDE = read_guide()
GUIDES = {language: read_guide_in(language) for language in Language}
FIGURES = {language: Figures(guide) for language, guide in GUIDES.items()}
WORKLOADS: st.SearchStrategy[dict[str, str]] = st.fixed_dictionaries(
    {name: st.sampled_from([x.value for x in question.choices]) for name, question in GUIDE.questions.items()}
)


def answer_for(workload: dict[str, str], guide: Guide = GUIDE) -> Answer:
    """Return the answer for a workload of which everything is known."""
    return decide(guide, lambda question: workload[question.id])


def most(workload: dict[str, str], name: str) -> int:
    """Return the largest figure that a reply stands for."""
    found = GUIDE.questions[name].choice(workload[name]).most
    assert found is not None
    return found


def limit(answer: Answer, kind: str) -> int | None:
    """Return a limit of the answer's service, none if it has none of this kind."""
    name = answer.service.limits.get(kind)
    return GUIDE.limits[name].value if name else None


@settings(max_examples=500, deadline=None)
@given(WORKLOADS)
def test_no_answer_breaks_a_limit(workload: dict[str, str]) -> None:
    """The longest work ends in time, and what is too large travels by reference; asked at most once each."""
    answer = answer_for(workload)
    added = {addition.id for addition in answer.additions}
    seconds, size = limit(answer, "duration"), limit(answer, "payload")
    if seconds is not None and workload["trigger"] not in {"connection", "service"}:
        assert most(workload, "duration") <= seconds
    if size is not None and most(workload, "payload") > size:
        assert any(name.startswith("by-reference") for name in added)
    if limit(answer, "connection") is not None:
        assert "reconnect" in added
    assert set(answer.workload) <= set(GUIDE.questions)


@settings(max_examples=500, deadline=None)
@given(WORKLOADS)
def test_no_answer_breaks_a_rule(workload: dict[str, str]) -> None:
    """Tenants are apart, a machine is a machine, nothing private has a public address, no request lasts for hours."""
    answer = answer_for(workload)
    added = {addition.id for addition in answer.additions}
    match workload["compliance"]:
        case "machine":
            assert answer.service.id == "ec2"
            return
        case "tenants":
            assert answer.service.id in {"microvm", "fargate-task"}
            return
        case "private":
            assert answer.service.id != "websocket"
            assert added & {"private-api", "private-network", "private-functions"}
    if workload["kubernetes"] == "estate":
        assert answer.service.id.startswith("eks-")
        return
    if workload["trigger"] == "request" and most(workload, "duration") > GUIDE.limits["gateway_seconds"].value:
        assert "accept" in added
        assert answer.service.id != "lambda-api"
    if workload["trigger"] == "event" and workload["order"] != "none":
        assert f"order-{workload['order']}" in added


@pytest.mark.parametrize("language", Language)
@settings(max_examples=100, deadline=None)
@given(workload=WORKLOADS)
def test_every_answer_can_be_explained(language: Language, workload: dict[str, str]) -> None:
    """Each text's figures are known, each step has the reply that was given, and the last one is the service."""
    answer = answer_for(workload, GUIDES[language])
    texts = [step.edge.figure for step in answer.steps]
    texts += [text for x in answer.additions for text in (x.text, x.reason)]
    texts += [text for x in answer.warnings for text in (x.costs, x.better, x.gets)]
    assert not any("{" in FIGURES[language].fill(text) for text in texts)
    assert all(workload[step.question.id] == step.reply for step in answer.steps)
    assert answer.steps[-1].edge.service == answer.service.id


@settings(max_examples=200, deadline=None)
@given(workload=WORKLOADS)
def test_every_language_gives_the_same_answer(workload: dict[str, str]) -> None:
    """Service, way, additions and limits do not depend on the texts."""

    def without_texts(answer: Answer) -> list[Any]:
        service = (answer.service.id, dict(answer.service.limits), answer.workload)
        steps = [(step.question.id, step.reply, step.edge.to, step.edge.link) for step in answer.steps]
        return [service, steps, [x.id for x in answer.additions], [x.link for x in answer.warnings]]

    english, *others = (without_texts(answer_for(workload, guide)) for guide in GUIDES.values())
    assert all(other == english for other in others)


@pytest.mark.parametrize("case", GUIDE.use_cases, ids=lambda case: case.name)
def test_each_use_case_of_the_talk_leads_to_its_service(case: Any) -> None:  # noqa: ANN401
    """As the page has it, by the workload that stands there."""
    assert set(case.workload) == set(GUIDE.questions)
    assert answer_for(dict(case.workload)).service.id == case.service


def test_the_talk_has_eight_use_cases() -> None:
    """All of them are there."""
    assert len(GUIDE.use_cases) == 8


def test_every_service_is_an_answer() -> None:
    """No service is described that no path leads to, and no addition is for one that is not there."""
    reached = {edge.service for node in GUIDE.nodes.values() for edge in node.edges if edge.service}
    assert reached == set(GUIDE.services)
    named = {name for x in GUIDE.additions for name in x.services}
    named |= {name for x in GUIDE.wrong_answers for name in x.services}
    assert named <= reached
    assert {name for x in GUIDE.services.values() for name in x.limits.values()} <= set(GUIDE.limits)


def test_only_what_decides_is_asked() -> None:
    """A rule about the machine needs no question about load."""
    asked: list[str] = []

    def ask(question: Any) -> str:  # noqa: ANN401
        asked.append(question.id)
        return "machine" if question.id == "compliance" else str(question.choices[0].value)

    assert decide(GUIDE, ask).service.id == "ec2"
    assert asked == ["compliance", "team"]
