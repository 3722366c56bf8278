"""The words of ``wording/words.txt`` are found by codespell, with the repository's settings, wherever they stand."""

import configparser
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


def codespell(*files: Path) -> subprocess.CompletedProcess[str]:
    """Run codespell as ``nox -s lint`` does, on some files."""
    command = [sys.executable, "-m", "codespell_lib", *map(str, files)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("# It stands beside the queue.", "beside"),
        ('raise ValueError("nobody answers")', "nobody"),
        ("def test_whoever_asks() -> None: ...", "whoever"),
        ("class MendedMessage: ...", "Mended"),
        ('"""Show what became of an order."""', "what became of"),
    ],
    ids=["comment", "message", "function", "class", "phrase"],
)
def test_word_is_reported_with_its_place_and_replacement(tmp_path: Path, line: str, word: str) -> None:
    """The report has file, line, the word and what to write instead; the exit code fails the lint."""
    source = tmp_path / "source.py"
    source.write_text(f"first = 1\n{line}\n", encoding="utf-8")
    checked = codespell(source)
    assert checked.stdout.startswith(f"{source}:2: {word} ==> ")
    assert checked.returncode == 65


def test_excused_line_and_other_words_pass(tmp_path: Path) -> None:
    """A line may be excused for one word; longer words that contain a listed one are no matches."""
    source = tmp_path / "source.py"
    source.write_text("amended = besides = 1\nbeside = 1  # codespell:ignore beside\n", encoding="utf-8")
    checked = codespell(source)
    assert (checked.stdout, checked.returncode) == ("", 0)


def test_skipped_files_exist() -> None:
    """The list of skipped paths has no entry for a file that was moved or deleted."""
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(REPOSITORY / ".codespellrc")
    skipped = [entry.strip() for entry in settings["codespell"]["skip"].split(",")]
    assert [entry for entry in skipped if entry.startswith("./") and not any(REPOSITORY.glob(entry))] == []
