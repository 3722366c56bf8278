"""The generator's settings: ``zensical.toml`` with the pages whose names are not written there."""

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

__all__ = ["OWN", "configuration_of", "names_in"]

OWN = Path(__file__).parent
_ORDER = ("index", "choosing", "web_api", "batch", "k8s", "async", "glossary")
"""The order of the Japanese pages; others follow by name."""
_ENGLISH = {"lang": "en", "name": "English", "page": "index.html"}
_JAPANESE = {"lang": "ja", "name": "日本語", "page": "docs/ja/index.html"}


def configuration_of(repository: Path, reference: Iterable[str]) -> dict[str, Any]:
    """Return the settings for a repository, and for the pages of the reference that are made for it."""
    configuration = tomllib.loads((OWN / "zensical.toml").read_text())
    project = configuration["project"]
    japanese = sorted(path.stem for path in (repository / "docs/ja").glob("*.md"))
    japanese.sort(key=lambda name: (*_ORDER, name).index(name))
    decisions = sorted(f"docs/adr/{path.name}" for path in (repository / "docs/adr").glob("0*.md"))
    project["nav"][-1]["Reference"].append({"patterns_shared": list(reference)})
    project["nav"].append({"Decisions": ["docs/adr/README.md", *decisions]})
    if japanese:
        project["nav"].append({"日本語": [f"docs/ja/{name}.md" for name in japanese]})
        translations = _translations(repository, japanese)
        project["extra"] = {"english": _ENGLISH, "japanese": _JAPANESE, "translations": translations}
    project["theme"]["custom_dir"] = str(OWN / "theme")
    project["plugins"]["mkdocstrings"]["handlers"]["python"]["paths"] = [str(repository / "shared" / "src")]
    return configuration


def names_in(nav: Any) -> Iterator[str]:  # noqa: ANN401 - lists of names and of tables, as deep as they are
    """Yield the names of the pages in a navigation."""
    if isinstance(nav, str):
        yield nav
    else:
        for item in nav.values() if isinstance(nav, dict) else nav:
            yield from names_in(item)


def _translations(repository: Path, japanese: list[str]) -> dict[str, str]:
    """Return the address of each page in the other language, by the page's own."""
    found = {f"docs/{name}.html": f"docs/ja/{name}.html" for name in japanese if name != "index"}
    found = {"index.html": "docs/ja/index.html"} | {
        english: there for english, there in found.items() if (repository / english).with_suffix(".md").is_file()
    }
    return found | {there: english for english, there in found.items()}
