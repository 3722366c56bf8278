"""The page of the guide, written between markers: ``python -m patterns_infra.choosing.page``.

A test fails when the page and the data file, the costs or the benchmarks differ.
"""

import sys
from collections.abc import Iterable, Sequence

from patterns_infra.choosing.figures import Figures
from patterns_infra.choosing.guide import Guide, read_guide
from patterns_infra.choosing.records import Edge, Node, UseCase
from patterns_infra.marked_text import replace_between
from patterns_infra.paths import REPOSITORY

__all__ = ["BEGIN", "END", "PAGE", "anchor", "main", "page_text"]

BEGIN = "<!-- guide: written by python -m patterns_infra.choosing.page -->"
END = "<!-- end of guide -->"
PAGE = REPOSITORY / "docs" / "choosing.md"


def main() -> None:
    """Write the page."""
    PAGE.write_text(replace_between(PAGE.read_text(), BEGIN, END, page_text(read_guide())))
    sys.stderr.write(f"wrote {PAGE.relative_to(REPOSITORY)}\n")


def page_text(guide: Guide) -> str:
    """Return what stands between the markers.

    Raises:
        GuideError: a text has a figure that is not known.
    """
    figures = Figures(guide)
    parts = (
        _picture(guide),
        *(_node(node, guide) for node in guide.nodes.values()),
        _services(guide),
        _additions(guide),
        _wrong_answers(guide),
        _use_cases(guide),
        _places(guide),
        _since(guide),
        _limits(guide),
    )
    return figures.fill("\n\n".join(parts))


def anchor(node: Node, guide: Guide) -> str:
    """Return the heading's anchor of a node."""
    return f"#{node.id}-{guide.questions[node.question].id}"


def _picture(guide: Guide) -> str:
    lines = ["## The path", "", "```mermaid", "flowchart TD"]
    for node in guide.nodes.values():
        lines.append(f'    {_key(node.id)}["{guide.questions[node.question].ask}"]')
        for edge in node.edges:
            to = f'{_key(edge.service)}(["{guide.services[edge.service].name}"])' if edge.service else _key(edge.to)
            lines.append(f'    {_key(node.id)} -- "{", ".join(edge.values)}" --> {to}')
    return "\n".join([*lines, "```"])


def _key(name: str) -> str:
    """Return a name that Mermaid takes; ``end`` and hyphens have a meaning of their own."""
    return "n_" + name.replace("-", "_")


def _node(node: Node, guide: Guide) -> str:
    question = guide.questions[node.question]
    meaning = {choice.value: choice.text for choice in question.choices}
    rows = [
        (
            "<br>".join(f"`{value}`: {meaning[value]}" for value in edge.values),
            _target(edge, guide),
            edge.reason,
            edge.figure,
            _link(edge.link),
        )
        for edge in node.edges
    ]
    heading = f"### {node.id}: {question.id}\n\n{question.ask} (`--{question.id}`)"
    return f"{heading}\n\n{_table(('reply', 'then', 'why', 'figure', 'shown by'), rows)}"


def _target(edge: Edge, guide: Guide) -> str:
    if edge.service:
        return f"**{guide.services[edge.service].name}**"
    node = guide.nodes[edge.to]
    return f"[{edge.to}]({anchor(node, guide)})"


def _services(guide: Guide) -> str:
    rows = [
        (
            f"**{x.name}**",
            x.what,
            "; ".join(f"{kind}: {guide.limits[name].text}" for kind, name in x.limits.items()),
            f"`uv run patterns cost --compute {x.compute}`" if x.compute else "",
            ", ".join(map(_link, x.code)) + ("" if x.example else " (not run by this repository)"),
        )
        for x in guide.services.values()
    ]
    return "## The answers\n\n" + _table(("service", "what it is", "limits", "what it costs", "see"), rows)


def _additions(guide: Guide) -> str:
    rows = [
        (
            "; ".join(f"`--{name}` {' or '.join(values)}" for name, values in x.when.items())
            or ("always" if not x.front else "a request that takes longer than a gateway waits"),
            ", ".join(guide.services[name].name for name in x.services) or "any",
            x.text,
            x.reason,
            _link(x.link),
        )
        for x in guide.additions
    ]
    return "## What comes with an answer\n\n" + _table(("when", "with", "do", "since", "shown by"), rows)


def _wrong_answers(guide: Guide) -> str:
    rows = [(f"**{x.took}**", x.costs, x.better, x.gets, _link(x.link)) for x in guide.wrong_answers]
    heading = ("you took", "what it costs", "what would have done", "what you get for it", "shown by")
    return "## Wrong answers\n\n" + _table(heading, rows)


def _use_cases(guide: Guide) -> str:
    rows = [
        (x.name, guide.services[x.service].name, x.says, ", ".join(map(_link, x.code)), f"`{_command(x)}`")
        for x in guide.use_cases
    ]
    return "## The talk's use cases\n\n" + _table(("use case", "answer", "here", "code", "ask it"), rows)


def _command(case: UseCase) -> str:
    return "uv run patterns choose " + " ".join(f"--{name} {value}" for name, value in case.workload.items())


def _places(guide: Guide) -> str:
    rows = [(f"**{x.name}**", x.take, x.instead, x.here) for x in guide.places]
    return "## Services without a pattern here\n\n" + _table(("service", "take it for", "instead of", "here"), rows)


def _since(guide: Guide) -> str:
    changes = [(x.when, x.what, x.changes, f"<{x.source}>", x.read or "not read", x.confidence) for x in guide.since]
    reasons = [(f"`{x.pattern}`", x.reason, f"**{x.holds}**", x.why) for x in guide.reasons]
    return (
        "## Since the talk\n\nWhat came and went from December 2020 to November 2026:\n\n"
        + _table(("when", "what", "what it changes", "source", "read", "confidence"), changes)
        + "\n\nThe reasons that the talk gave, and whether they hold:\n\n"
        + _table(("pattern", "reason", "holds", "why"), reasons)
    )


def _limits(guide: Guide) -> str:
    rows = [
        (
            x.service,
            x.text + (f"; {x.note}" if x.note else ""),
            "yes" if x.changeable else "no",
            f"<{x.source}>",
            x.read or "not read",
            x.confidence,
        )
        for x in guide.limits.values()
    ]
    heading = ("what", "limit", "raised on request", "source", "read", "confidence")
    return "## Limits\n\n" + _table(heading, rows)


def _link(link: str) -> str:
    if link.startswith("https://"):
        return f"[AWS]({link})"
    return f"[{link.partition('#')[0].removeprefix('../')}]({link})"


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in lines)


if __name__ == "__main__":
    main()
