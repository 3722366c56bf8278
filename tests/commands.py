"""The command line as a user runs it, on the platform of the tests."""

import os
import subprocess
import sys
from pathlib import Path

from patterns_local.platform import Platform

__all__ = ["patterns"]


def patterns(platform: Platform, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run ``patterns`` with these arguments and this standard input, to whatever end it comes."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("patterns")), *arguments],
        env={**os.environ, "PATTERNS_LOCAL_STATE": str(platform.folder.root)},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
