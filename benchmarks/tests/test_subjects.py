"""What is compared does the same work: otherwise a ratio would say nothing."""

from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.answers import WrongAnswer, check
from benchmarks.installation import Installation, install
from benchmarks.peers.prices import CURRENCY, PRICES
from benchmarks.subjects import BARE, SUBJECTS, Subject

from patterns_shared.domain.catalogue import CATALOGUE

pytestmark = pytest.mark.integration


@pytest.fixture(scope="session")
def installation() -> Installation:
    """The interpreter and the folders in which the subjects are measured."""
    return install()


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_a_subject_places_the_order_and_refuses_bad_ones(installation: Installation, subject: Subject) -> None:
    """With the right total, through its own client, in the environment that it is measured in."""
    check(installation, subject)


@pytest.mark.parametrize(
    ("said", "done", "complaint"),
    [
        ("<= quantity <= 999", "<= quantity", "did not refuse quantity 1000: 201"),
        ('"amount": price * quantity', '"amount": price', "answered a good order with"),
        ("dynamodb.put_item(", "dynamodb.get_item(", "failed"),
        ("answer(201, order, Location=", "answer(201, order, Where=", "answered a good order with"),
    ],
)
def test_a_subject_that_does_less_work_is_not_measured(
    installation: Installation, tmp_path: Path, said: str, done: str, complaint: str
) -> None:
    """One that forgets a limit, counts wrongly, or writes no order."""
    source = Path(installation.peers, "benchmarks", "peers", "bare.py").read_text()
    assert said in source
    Path(tmp_path, "lazy.py").write_text(source.replace(said, done))
    lazy = Subject("a lazy function", "lazy", ours=True)

    with pytest.raises(WrongAnswer, match=complaint):
        check(replace(installation, ours=tmp_path), lazy)


def test_the_peers_sell_what_we_sell() -> None:
    """Their list of prices is written by hand, since they import nothing of ours."""
    assert {sku: product.unit_price for sku, product in CATALOGUE.items()} == PRICES
    assert {product.currency for product in CATALOGUE.values()} == {CURRENCY}


def test_the_subjects_see_the_bench_environment_and_nothing_else(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the machine is configured with: no profile, no endpoint, no other library."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("PYTHONPATH", "/nonexistent")

    environment = installation.environment(BARE)

    assert "AWS_ENDPOINT_URL" not in environment
    assert environment["PYTHONPATH"] == str(installation.peers)
    libraries = {
        path.name.split("-")[0] for path in installation.python.parents[1].glob("lib/*/site-packages/*.dist-info")
    }
    assert {"boto3", "fastapi", "mangum", "aws_lambda_powertools", "aws_xray_sdk"} <= libraries
    assert not libraries & {"pytest", "moto", "httpx", "requests", "patterns_web_api"}
