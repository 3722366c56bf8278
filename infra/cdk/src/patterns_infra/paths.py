"""Where the repository and its disposable local state are."""

from pathlib import Path

__all__ = ["LOCAL_STATE", "REPOSITORY"]


def _find_repository() -> Path:
    """Return the checkout that this package is installed from, else the one that the caller stands in.

    The package is normally installed editable, so this file is inside the checkout; a wheel is not.
    """
    for start in (Path(__file__).resolve(), Path.cwd()):
        for folder in start.parents if start.is_file() else (start, *start.parents):
            if (folder / "uv.lock").is_file() and (folder / "infra" / "cdk" / "app.py").is_file():
                return folder
    message = "patterns: run this inside the repository (no folder with uv.lock and infra/cdk/app.py was found)"
    raise SystemExit(message)


REPOSITORY = _find_repository()
"""Root of the checkout."""
LOCAL_STATE = REPOSITORY / ".local"
"""Everything disposable: bundles, synthesized templates, the local platform's files."""
