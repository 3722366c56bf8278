import ast
import sys
from pathlib import Path

import pytest

import patterns_shared.domain

MODULES = sorted(Path(patterns_shared.domain.__path__[0]).glob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_the_domain_imports_the_standard_library_only(module: Path) -> None:
    """It can be copied into any program, and read without knowing any library."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names = [node.module or ""]
        for name in names:
            assert name.startswith("patterns_shared.domain.") or name.split(".")[0] in sys.stdlib_module_names
