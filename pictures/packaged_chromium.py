"""Chromium for Linux machines that have no browser, from the npm registry: `@sparticuz/chromium`, made for Lambda.

Its program comes with the libraries and fonts that a bare machine lacks. Playwright's own download and a system package
both need more of the machine than a registry.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from patterns_infra.local.lock import exclusive
from patterns_infra.local.node_cdk import node_path
from patterns_infra.local.progress import PlainProgress
from patterns_infra.paths import LOCAL_STATE

__all__ = ["PackageRefused", "packaged_chromium"]

_PACKAGE, _VERSION = "@sparticuz/chromium", "153.0.0"
_SHA512 = "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
"""Of the archive, as the registry told it when the version was chosen."""
_SECONDS = 300.0
_UNPACK = """
const {brotliDecompressSync} = require("zlib"), fs = require("fs");
const [from, to] = process.argv.slice(1);
fs.writeFileSync(to, brotliDecompressSync(fs.readFileSync(from)));
"""


class PackageRefused(Exception):
    """The package cannot be had, or is another one; the text is one line."""


def packaged_chromium() -> tuple[Path, dict[str, str]]:
    """Return the program and the variables that it needs, fetched once for this checkout.

    Raises:
        PackageRefused: it cannot be had.
    """
    folder = LOCAL_STATE / "browser" / _VERSION
    with exclusive(LOCAL_STATE / "browser.lock", seconds=_SECONDS, waiting=PlainProgress().say):
        if not folder.is_dir():
            _fetch(folder)
    variables = {"LD_LIBRARY_PATH": str(folder / "lib"), "FONTCONFIG_PATH": str(folder / "fonts")}
    return folder / "chromium", variables


def _fetch(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr.write(f"no browser here; fetching {_PACKAGE} {_VERSION} (70 MB) …\n")
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder.parent) as name:
        aside, whole = Path(name), Path(name) / "whole"
        packed = _pack(aside)
        with tarfile.open(packed) as archive:
            archive.extractall(aside, filter="data")
        whole.mkdir()
        parts = aside / "package" / "bin"
        _unpack(parts / "chromium.br", whole / "chromium")
        (whole / "chromium").chmod(0o755)
        for part in ("al2023", "fonts"):
            _unpack(parts / f"{part}.tar.br", aside / f"{part}.tar")
            with tarfile.open(aside / f"{part}.tar") as archive:
                archive.extractall(whole if part == "al2023" else whole / part, filter="data")
        shutil.rmtree(folder, ignore_errors=True)
        whole.rename(folder)


def _pack(folder: Path) -> Path:
    """Have npm, which comes with the project's Node, fetch the package; what is in it is checked here."""
    npm = node_path().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(node_path()), str(npm), "pack", f"{_PACKAGE}@{_VERSION}", "--json", "--ignore-scripts"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=True)
    except subprocess.CalledProcessError as error:
        raise PackageRefused(f"npm cannot fetch {_PACKAGE}: {' '.join(error.stderr.split())[:300]}") from error
    except subprocess.TimeoutExpired as error:
        raise PackageRefused(f"npm did not fetch {_PACKAGE} within {_SECONDS:g} s") from error
    (told,) = json.loads(done.stdout)
    packed = folder / str(told["filename"])
    digest = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
    if digest != _SHA512:
        raise PackageRefused(f"{_PACKAGE} {_VERSION} is not what it was: its SHA-512 is {digest}")
    return packed


def _unpack(source: Path, target: Path) -> None:
    # By Node, since Python's library has no Brotli.
    subprocess.run([str(node_path()), "-e", _UNPACK, str(source), str(target)], check=True, timeout=_SECONDS)
