"""What the image contains is under licences that ask nothing of its users, or the README names it."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

README = Path(__file__).parents[3] / "README.md"
COPYLEFT = re.compile(r"\b[AL]?GPL|General Public License")


def requirements(package: str, seen: set[str]) -> Iterator[str]:
    """Yield a package and all that it requires, without extras."""
    name = re.sub(r"[-_.]+", "-", package).lower()
    if name in seen:
        return
    seen.add(name)
    try:
        found = distribution(name)
    except PackageNotFoundError:  # for another platform or another Python
        return
    yield name
    for required in found.requires or []:
        if "extra ==" not in required:
            yield from requirements(re.split(r"[^\w.-]", required, maxsplit=1)[0], seen)


def copyleft(package: str) -> bool:
    """Tell whether a package's metadata names a licence of that kind."""
    metadata = distribution(package).metadata.json
    texts = [str(metadata.get(field, ""))[:200] for field in ("license_expression", "license")]
    return any(COPYLEFT.search(text) for text in [*texts, *metadata.get("classifier", [])])


def test_what_is_under_a_copyleft_licence_is_named() -> None:
    """Of all that the batch's image installs it is one library, for the charts."""
    found = list(requirements("patterns-batch", set()))
    assert {"patterns-shared", "duckdb", "botocore", "pygal"} <= set(found)
    assert [name for name in found if copyleft(name)] == ["pygal"]
    assert "LGPL" in README.read_text()
