"""Chromium for Linux machines that have no browser, from the npm registry: `@sparticuz/chromium`, made for Lambda.

Its program comes with the libraries that a bare machine lacks, and a font of Latin letters; one of Japanese comes from
another package. Playwright's own download and a system package both need more of the machine than a registry.
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

from patterns_deploy.lock import exclusive
from patterns_deploy.node_cdk import node_path
from patterns_deploy.progress import PlainProgress
from patterns_infra.paths import LOCAL_STATE

__all__ = ["PackageRefused", "packaged_chromium"]

_PACKAGE, _VERSION = "@sparticuz/chromium", "153.0.0"
_SHA512 = "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
"""Of the archive, as the registry told it when the version was chosen."""
_FONTS_PACKAGE, _FONTS_VERSION = "@embedpdf/fonts-jp", "1.0.0"
_FONTS_SHA512 = "BY2tv/mcICUUKf+M/bizf3RU65PMqKClJ/e5o9mgMibxyML0OQvEDwYMRPODQkKgJKXCO3ScHmVvcmXp6kt+fA=="
_FONTS = ("NotoSansJP-Regular.otf", "NotoSansJP-Bold.otf")
_FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""
"""In the place of the package's own, which names folders of Lambda: text without any font has no height."""
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
    LOCAL_STATE.mkdir(parents=True, exist_ok=True)
    folder = LOCAL_STATE / "browser" / f"{_VERSION}-{_FONTS_VERSION}"
    with exclusive(LOCAL_STATE / "browser.lock", seconds=_SECONDS, waiting=PlainProgress().say):
        if not folder.is_dir():
            _fetch(folder)
    variables = {"LD_LIBRARY_PATH": str(folder / "lib"), "FONTCONFIG_PATH": str(folder / "fonts")}
    return folder / "chromium", variables


def _fetch(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr.write(
        f"no browser here; fetching {_PACKAGE} {_VERSION} and {_FONTS_PACKAGE} {_FONTS_VERSION} (100 MB) …\n"
    )
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder.parent) as name:
        aside, whole = Path(name), Path(name) / "whole"
        _get(aside, _PACKAGE, _VERSION, _SHA512)
        whole.mkdir()
        parts = aside / "package" / "bin"
        _unpack(parts / "chromium.br", whole / "chromium")
        (whole / "chromium").chmod(0o755)
        for part in ("al2023", "fonts"):
            _unpack(parts / f"{part}.tar.br", aside / f"{part}.tar")
            with tarfile.open(aside / f"{part}.tar") as archive:
                archive.extractall(whole if part == "al2023" else whole / part, filter="data")
        (whole / "fonts" / "fonts.conf").write_text(_FONTS_CONF)
        shutil.rmtree(aside / "package")
        _get(aside, _FONTS_PACKAGE, _FONTS_VERSION, _FONTS_SHA512)
        for font in _FONTS:
            (aside / "package" / "fonts" / font).rename(whole / "fonts" / "fonts" / font)
        shutil.rmtree(folder, ignore_errors=True)
        whole.rename(folder)


def _get(folder: Path, package: str, version: str, sha512: str) -> None:
    """Have npm, which comes with the project's Node, fetch a package; what is in it is checked here."""
    npm = node_path().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(node_path()), str(npm), "pack", f"{package}@{version}", "--json", "--ignore-scripts"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=True)
    except subprocess.CalledProcessError as error:
        raise PackageRefused(f"npm cannot fetch {package}: {' '.join(error.stderr.split())[:300]}") from error
    except subprocess.TimeoutExpired as error:
        raise PackageRefused(f"npm did not fetch {package} within {_SECONDS:g} s") from error
    (told,) = json.loads(done.stdout)
    packed = folder / str(told["filename"])
    digest = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
    if digest != sha512:
        raise PackageRefused(f"{package} {version} is not what it was: its SHA-512 is {digest}")
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")


def _unpack(source: Path, target: Path) -> None:
    # By Node, since Python's library has no Brotli.
    subprocess.run([str(node_path()), "-e", _UNPACK, str(source), str(target)], check=True, timeout=_SECONDS)
