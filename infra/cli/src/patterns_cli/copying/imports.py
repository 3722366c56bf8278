"""The modules and distributions that modules of the CDK app need, by what they import."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp

__all__ = ["Imports", "imported_by", "imports_of", "module_file"]

_PACKAGE = "patterns_infra"


@dataclass(frozen=True, slots=True)
class Imports:
    """What is imported, directly or through others.

    Attributes:
        modules: of ``patterns_infra``, with the packages that they are in.
        distributions: the names under which other packages are installed, in lower case with hyphens.
    """

    modules: frozenset[str]
    distributions: frozenset[str]


def imports_of(roots: Iterable[str], *, removed: Iterable[tuple[str, str]] = ()) -> Imports:
    """Return what modules need, themselves included; imports inside functions and for type checkers count.

    Args:
        roots: names of modules.
        removed: imports, as importer and imported module, that the copy will not have.
    """
    # Without a folder for grimp's cache: reading the package takes half a second, and nothing is left behind.
    graph = grimp.build_graph(_PACKAGE, include_external_packages=True, cache_dir=None)
    for importer, imported in removed:
        graph.remove_import(importer=importer, imported=imported)
    found = set(roots)
    for root in tuple(found):
        found |= graph.find_upstream_modules(root)
    modules = {x for x in found if x.split(".")[0] == _PACKAGE}
    packages = {x.rsplit(".", depth)[0] for x in modules for depth in range(1, x.count(".") + 1)}
    installed = packages_distributions()
    others = {name for x in found - modules for name in installed.get(x, ())}
    return Imports(frozenset(modules | packages), frozenset(x.lower().replace("_", "-") for x in others))


def imported_by(text: str) -> list[str]:
    """Return the modules of ``patterns_infra`` that a file's text imports names from."""
    found = (x.module for x in ast.walk(ast.parse(text)) if isinstance(x, ast.ImportFrom) and x.module)
    return sorted({x for x in found if x.split(".")[0] == _PACKAGE})


def module_file(module: str, source: Path) -> Path:
    """Return a module's file below the source folder."""
    path = source.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
