"""The bad rows of a run, wherever the run has left them."""

import pytest

from patterns_cli.commands.failures import WrongUse
from patterns_cli.commands.report_rejects import report_rejects, write_rejects
from patterns_cli.reporting.deployed import DeployedBatch
from patterns_cli.reporting.errors import CannotReport
from patterns_infra.settings import Target


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ({"result/rejects.jsonl": b"1\n2\n", "rejects/0000.jsonl": b"1\n"}, "1\n2\n"),
        ({"rejects.jsonl": b"1\n3\n", "rejects/0000.jsonl": b"1\n"}, "1\n3\n"),
        ({"rejects/0001.jsonl": b"2\n", "rejects/0000.jsonl": b"1\n", "manifest.json": b"{}"}, "1\n2\n"),
        ({"manifest.json": b"{}"}, ""),
    ],
    ids=["of a report", "of a run that failed", "of shards", "none"],
)
def test_the_bad_rows_of_a_run_are_fetched(
    batch: DeployedBatch, capsys: pytest.CaptureFixture[str], objects: dict[str, bytes], expected: str
) -> None:
    """Of a run that failed for them, too, where nothing is published."""
    for name, content in objects.items():
        batch.place.client("s3").put_object(Bucket=batch.reports, Key=f"runs/r1/{name}", Body=content)
    write_rejects(batch.place, "r1")
    assert capsys.readouterr().out == expected


def test_a_run_that_is_not_there_is_named(batch: DeployedBatch) -> None:
    """With where it was looked for."""
    with pytest.raises(CannotReport, match=r"^there is no run r2 in s3://"):
        write_rejects(batch.place, "r2")


@pytest.mark.parametrize("words", [["rejects"], ["reject", "r1"], ["rejects", "r1", "r2"]])
def test_other_words_are_refused(words: list[str]) -> None:
    """Before anything is asked."""
    with pytest.raises(WrongUse, match=r"^report takes options, or rejects RUN, not 'reject"):
        report_rejects(words, Target.LOCAL, None, None)
