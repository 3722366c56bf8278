"""``docs/architecture.md`` leads to files that exist."""

import re

from patterns_infra.paths import REPOSITORY

FILE = re.compile(r"`([\w./]+\.(?:py|json|toml))`")


def test_every_file_on_the_page_exists() -> None:
    """By its path from the repository, or from its package where the line has named that before."""
    page = (REPOSITORY / "docs" / "architecture.md").read_text()
    sources = [
        x.as_posix() for root in ("infra", "patterns", "shared") for x in (REPOSITORY / root).rglob("src/**/*.py")
    ]
    named = FILE.findall(page)
    missing = [x for x in named if not (REPOSITORY / x).is_file() and not any(y.endswith(f"/{x}") for y in sources)]
    assert len(named) > 10
    assert missing == []
