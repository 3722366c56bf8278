"""A folder for what a deployment keeps."""

from pathlib import Path

import pytest

from patterns_deploy.folder import LocalFolder


@pytest.fixture
def folder(tmp_path: Path) -> LocalFolder:
    """Return an empty platform's folder."""
    return LocalFolder(tmp_path / "state")
