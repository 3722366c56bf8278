"""The page of the guide in each language, written between markers: ``python -m patterns_cli.choosing.page``.

A test fails when a page and the data files, the costs or the benchmarks differ.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from patterns_cli.choosing.figures import Figures
from patterns_cli.choosing.guide import Guide, Language
from patterns_cli.choosing.links import link_on_page
from patterns_cli.choosing.records import Edge, Node, UseCase
from patterns_cli.choosing.translation import read_guide_in
from patterns_cli.marked_text import replace_between
from patterns_infra.paths import REPOSITORY

__all__ = ["BEGIN", "END", "PAGES", "anchor", "main", "page_text"]

BEGIN = "<!-- guide: written by python -m patterns_cli.choosing.page -->"
END = "<!-- end of guide -->"
PAGES: Mapping[Language, Path] = MappingProxyType(
    {
        Language.ENGLISH: REPOSITORY / "docs" / "choosing.md",
        Language.JAPANESE: REPOSITORY / "docs" / "ja" / "choosing.md",
    }
)


def main() -> None:
    """Write the pages."""
    for language, page in PAGES.items():
        page.write_text(replace_between(page.read_text(), BEGIN, END, page_text(read_guide_in(language))))
        sys.stderr.write(f"wrote {page.relative_to(REPOSITORY)}\n")


def page_text(guide: Guide) -> str:
    """Return what stands between the markers.

    Raises:
        GuideError: a text has a figure that is not known, or the language has not all words.
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
    lines = [f"## {guide.say('The path')}", "", "```mermaid", "flowchart TD"]
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
            _link(edge.link, guide),
        )
        for edge in node.edges
    ]
    heading = f"### {node.id}: {question.id}\n\n{question.ask} (`--{question.id}`)"
    return f"{heading}\n\n{_table(guide, ('reply', 'then', 'why', 'figure', 'shown by'), rows)}"


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
            guide.say("; ").join(f"{guide.say(kind)}: {guide.limits[name].text}" for kind, name in x.limits.items()),
            f"`uv run patterns cost --compute {x.compute}`" if x.compute else "",
            _links(x.code, guide) + ("" if x.example else " " + guide.say("(not run by this repository)")),
        )
        for x in guide.services.values()
    ]
    return _section(guide, "The answers", ("service", "what it is", "limits", "what it costs", "see"), rows)


def _additions(guide: Guide) -> str:
    rows = [
        (
            guide.say("; ").join(f"`--{name}` {guide.say(' or ').join(values)}" for name, values in x.when.items())
            or guide.say("a request that takes longer than a gateway waits" if x.front else "always"),
            guide.say(", ").join(guide.services[name].name for name in x.services) or guide.say("any"),
            x.text,
            x.reason,
            _link(x.link, guide),
        )
        for x in guide.additions
    ]
    return _section(guide, "What comes with an answer", ("when", "with", "do", "since", "shown by"), rows)


def _wrong_answers(guide: Guide) -> str:
    rows = [(f"**{x.took}**", x.costs, x.better, x.gets, _link(x.link, guide)) for x in guide.wrong_answers]
    heading = ("you took", "what it costs", "what would have done", "what you get for it", "shown by")
    return _section(guide, "Wrong answers", heading, rows)


def _use_cases(guide: Guide) -> str:
    rows = [
        (x.name, guide.services[x.service].name, x.says, _links(x.code, guide), f"`{_command(x)}`")
        for x in guide.use_cases
    ]
    return _section(guide, "The talk's use cases", ("use case", "answer", "here", "code", "ask it"), rows)


def _command(case: UseCase) -> str:
    return "uv run patterns choose " + " ".join(f"--{name} {value}" for name, value in case.workload.items())


def _places(guide: Guide) -> str:
    rows = [(f"**{x.name}**", x.take, x.instead, x.here, _links(x.code, guide)) for x in guide.places]
    columns = ("service", "take it for", "instead of", "here", "see")
    return _section(guide, "Services without a pattern here", columns, rows)


def _since(guide: Guide) -> str:
    changes = [
        (x.when, x.what, x.changes, f"<{x.source}>", _read(x.read, guide), guide.say(x.confidence)) for x in guide.since
    ]
    reasons = [(f"`{x.pattern}`", x.reason, f"**{guide.say(x.holds)}**", x.why) for x in guide.reasons]
    return (
        f"## {guide.say('Since the talk')}\n\n"
        f"{guide.say('What came and went from December 2020 to November 2026:')}\n\n"
        + _table(guide, ("date", "what", "what it changes", "source", "read", "confidence"), changes)
        + f"\n\n{guide.say('The reasons that the talk gave, and whether they hold:')}\n\n"
        + _table(guide, ("pattern", "reason", "holds", "why"), reasons)
    )


def _limits(guide: Guide) -> str:
    rows = [
        (
            x.service,
            guide.say("{limit}; {note}").format(limit=x.text, note=x.note) if x.note else x.text,
            guide.say("yes" if x.changeable else "no"),
            f"<{x.source}>",
            _read(x.read, guide),
            guide.say(x.confidence),
        )
        for x in guide.limits.values()
    ]
    heading = ("what", "limit", "raised on request", "source", "read", "confidence")
    return _section(guide, "Limits", heading, rows)


def _read(day: str | None, guide: Guide) -> str:
    return day or guide.say("not read")


def _links(links: Iterable[str], guide: Guide) -> str:
    return guide.say(", ").join(_link(link, guide) for link in links)


def _link(link: str, guide: Guide) -> str:
    name = "AWS" if link.startswith("https://") else link.partition("#")[0].removeprefix("../")
    return f"[{name}]({link_on_page(guide.language, link)})"


def _section(guide: Guide, title: str, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return f"## {guide.say(title)}\n\n{_table(guide, heading, rows)}"


def _table(guide: Guide, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [[guide.say(x) for x in heading], ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in lines)


if __name__ == "__main__":
    main()
