"""Files and folders that Python code names by a path relative to itself or to the repository.

Found are paths that are written down: ``Path(__file__).parents[3] / "docs" / "events"``, or one that begins with a name
of the same module for such a path, or with ``REPOSITORY``. A path with a computed part is not found.
"""

import ast
from pathlib import Path

__all__ = ["named_paths"]


def named_paths(file: Path, repository: Path) -> set[Path]:
    """Return the existing files and folders of the repository that a Python file names."""
    reader = _Paths(file, repository)
    reader.visit(ast.parse(file.read_text()))
    return {x for x in reader.found - {file} if x.is_relative_to(repository) and x.exists()}


class _Paths(ast.NodeVisitor):
    """Evaluates the expressions that are paths."""

    def __init__(self, file: Path, repository: Path) -> None:
        self._file = file
        self._named = {"REPOSITORY": repository}
        self.found: set[Path] = set()

    def visit_Assign(self, node: ast.Assign) -> None:
        """Remember what a name stands for."""
        path = self._path(node.value)
        if path:
            self._named |= {x.id: path for x in node.targets if isinstance(x, ast.Name)}
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        """Take ``folder / "name"`` as a whole, not its parts."""
        self._take(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Take ``folder.joinpath("name")`` likewise."""
        self._take(node)

    def _take(self, node: ast.BinOp | ast.Call) -> None:
        path = self._path(node)
        if path:
            self.found.add(path)
        else:
            self.generic_visit(node)

    def _path(self, node: ast.AST) -> Path | None:
        path: Path | None = None
        match node:
            case ast.Name(id=name):
                path = self._named.get(name)
            case ast.Call(func=ast.Name(id="Path"), args=[ast.Name(id="__file__")]):
                path = self._file
            case ast.Call(func=ast.Attribute(value=of, attr="resolve"), args=[]):
                path = self._path(of)
            case ast.Call(func=ast.Attribute(value=of, attr="joinpath"), args=[ast.Constant(value=str(name))]):
                path = self._below(of, name)
            case ast.BinOp(left=of, op=ast.Div(), right=ast.Constant(value=str(name))):
                path = self._below(of, name)
            case ast.Attribute(value=of, attr="parent"):
                path = self._above(of, 0)
            case ast.Subscript(value=ast.Attribute(value=of, attr="parents"), slice=ast.Constant(value=int(number))):
                path = self._above(of, number)
            case _:
                pass
        return path

    def _below(self, folder: ast.AST, name: str) -> Path | None:
        path = self._path(folder)
        return path / name if path else None

    def _above(self, of: ast.AST, number: int) -> Path | None:
        path = self._path(of)
        return path.parents[number] if path and number < len(path.parents) else None
