"""Which files a copy has: what is imported and opened, and nothing of other patterns."""

import functools
from pathlib import Path

import pytest

from patterns_cli.copying.opened import named_paths
from patterns_cli.copying.selection import Selection, select_files
from patterns_infra.paths import REPOSITORY
from patterns_infra.registry import PATTERNS

CONSTRUCTS = "infra/cdk/src/patterns_infra/constructs"


@functools.cache
def selected(*names: str, whole: bool = False) -> Selection:
    """Return the files of a copy."""
    return select_files(REPOSITORY, [PATTERNS[x] for x in names], whole=whole)


@pytest.mark.parametrize("name", PATTERNS)
def test_a_copy_has_the_patterns_own_files_and_the_shared_ones(name: str) -> None:
    """All of both folders, each file once, and each exists."""
    files = selected(name)
    assert {f"patterns/{name}/pyproject.toml", "shared/pyproject.toml", "uv.lock", "LICENSE"} <= set(files.all)
    assert len(set(files.all)) == len(files.all)
    assert all((REPOSITORY / x).is_file() for x in files.all)
    assert not [x for x in files.all if "__pycache__" in x or x.startswith((".local", ".venv", "tests/"))]


@pytest.mark.parametrize("name", PATTERNS)
def test_a_copy_is_small(name: str) -> None:
    """Beside the pattern's files and the shared ones, so few that one can read through them."""
    assert len(selected(name).beside) <= 100


@pytest.mark.parametrize("name", PATTERNS)
def test_no_file_of_another_pattern_is_in_a_copy(name: str) -> None:
    """Neither its folder nor its stack."""
    files = selected(name)
    others = [x for x in PATTERNS if x != name]
    stacks = {"infra/cdk/src/" + PATTERNS[x].stack.partition(":")[0].replace(".", "/") + ".py" for x in others}
    assert not [x for x in files.all if x in stacks or x.startswith(tuple(f"patterns/{other}/" for other in others))]


def test_the_app_comes_without_command_line_platform_and_demo() -> None:
    """They are most of ``infra``, and a stack needs none of them."""
    modules = [x for x in selected("web_api").infra if x.startswith("infra/cdk/src/patterns_infra/")]
    assert f"{CONSTRUCTS}/web_api/rest_gateway.py" in modules
    assert f"{CONSTRUCTS}/batch/report_workflow.py" not in modules
    assert {"/".join(x.split("/")[:2]) for x in selected("web_api").infra} == {"infra/cdk"}


def test_files_that_code_opens_are_in_the_copy() -> None:
    """The schemas of shared events, and the page that a test of the batch reads."""
    assert "docs/events/OrderPlaced.json" in selected("async").named
    assert "docs/batch.md" in selected("batch").named


def test_receivers_come_with_their_pattern_only() -> None:
    """The registry reads them for ``async``; another copy's registry does not."""
    receivers = "infra/cdk/src/patterns_infra/receivers.py"
    assert receivers in selected("async").infra
    assert receivers not in selected("web_api").infra


def test_two_patterns_share_what_both_need() -> None:
    """A copy of two has less than both copies together."""
    both, each = selected("web_api", "async"), [selected(x) for x in ("web_api", "async")]
    assert set(both.infra) == set(each[0].infra) | set(each[1].infra)


def test_a_whole_copy_has_all_of_infra_but_its_tests() -> None:
    """With the platform's own projects beside its source."""
    files = selected("k8s", whole=True)
    assert "infra/cli/src/patterns_cli/app/__init__.py" in files.infra
    assert any(x.startswith("infra/local/control_plane/") for x in files.infra)
    assert not [x for x in files.infra if "/tests/" in x or x.endswith("conftest.py")]
    assert {"docs/choosing.json", "docs/prices.json"} <= set(files.named)


def test_paths_are_found_however_they_are_written(tmp_path: Path) -> None:
    """Relative to the file or the repository, by parents, by a name, by joinpath; a computed part is not found."""
    code = tmp_path / "member" / "code.py"
    code.parent.mkdir()
    for name in ("one", "two", "three", "four"):
        (tmp_path / name).touch()
    code.write_text(
        "ROOT = Path(__file__).resolve().parents[1]\n"
        "open(ROOT / 'one')\n"
        "two = Path(__file__).parent.parent.joinpath('two').read_text()\n"
        "x = REPOSITORY / 'three'\n"
        "y = REPOSITORY / computed\n"
        "z = ROOT / 'missing'\n"
        "far = Path(__file__).parents[99]\n"
    )
    assert named_paths(code, tmp_path) == {tmp_path / x for x in ("one", "two", "three")}
