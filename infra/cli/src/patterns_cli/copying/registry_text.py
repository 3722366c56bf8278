"""The registry of a copy: the same file with the entries of the copied patterns only."""

import ast
import re
from collections.abc import Collection, Iterator

__all__ = ["registry_of"]


def registry_of(text: str, names: Collection[str], *, demo: bool) -> str:
    """Return the registry's text without the entries of other patterns, and without imports that only they needed.

    Args:
        text: the registry's file.
        names: the patterns that stay.
        demo: whether the patterns' parts of the demo are in the copy.
    """
    dropped: set[int] = set()
    for entry in _entries(ast.parse(text)):
        if _name_of(entry) not in names:
            dropped |= _lines(entry)
        elif not demo:
            dropped |= {line for x in entry.keywords if x.arg == "demo" for line in _lines(x.value)}
    return _without_unused_imports(_without(text, dropped))


def _entries(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Pattern":
            yield node


def _name_of(entry: ast.Call) -> str:
    (name,) = (x.value.value for x in entry.keywords if x.arg == "name" and isinstance(x.value, ast.Constant))
    return str(name)


def _without_unused_imports(text: str) -> str:
    tree = ast.parse(text)
    used = {x.id for x in ast.walk(tree) if isinstance(x, ast.Name)}
    unused = [
        x
        for x in tree.body
        if isinstance(x, ast.ImportFrom) and not {alias.asname or alias.name for alias in x.names} & used
    ]
    text = _without(text, {line for x in unused for line in _lines(x)})
    return re.sub(r"(?m)^((?:from|import) .*)\n\n\n(?=if )", r"\1\n\n", text)


def _lines(node: ast.expr | ast.stmt) -> set[int]:
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))


def _without(text: str, numbers: Collection[int]) -> str:
    return "".join(line for number, line in enumerate(text.splitlines(keepends=True), 1) if number not in numbers)
