"""`patterns cost`: a table for people, JSON for programs, and one line for every mistake."""

import json
from typing import Any

import pytest

from patterns_cli.app import main
from patterns_cli.costs import prices as price_file
from patterns_cli.costs.fulfilment import Compute
from patterns_infra.registry import PATTERNS


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:  # noqa: ANN401
    """Return a function that runs `patterns cost` and gives exit code, standard output and standard error."""

    def patterns_cost(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["patterns", "cost", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return patterns_cost


def test_all_patterns_and_computes_by_default(run: Any) -> None:  # noqa: ANN401
    """In three volumes, with what is left out and which prices are not confirmed; nothing on standard output."""
    code, out, err = run()
    assert (code, out) == (0, "")
    assert "1,000" in err
    assert "10,000,000" in err
    assert all(f"\n{name} " in err for name in (*PATTERNS, *Compute))
    assert "together" in err
    assert "Left out: free tiers" in err
    assert "? uses a price that is not confirmed" in err


def test_several_numbers_after_one_option(run: Any) -> None:  # noqa: ANN401
    """As the documentation has it, or the option again and again; each number once, none is none."""
    code, out, _ = run("--orders-per-day", "0", "1000", "1_000", "100000000", "--orders-per-day", "0", "--json")
    assert code == 0
    assert json.loads(out)["orders_per_day"] == [0, 1000, 100_000_000]


def test_json_names_usage_and_sources(run: Any) -> None:  # noqa: ANN401
    """Each component with its range and prices, and each price with address, day and confidence."""
    _, out, err = run("month", "--orders-per-day", "1000", "--pattern", "web_api", "--json")
    assert err == ""
    document = json.loads(out)
    assert list(document["patterns"]) == ["web_api"]
    assert document["computes"] == {}
    (bill,) = document["patterns"]["web_api"]
    assert bill["cost"] == pytest.approx(sum(x["cost"] for x in bill["components"]), abs=0.01)
    assert bill["low"] <= bill["cost"] <= bill["high"]
    for component in bill["components"]:
        for price in component["prices"]:
            assert document["prices"][price]["source"].startswith("https://")
            assert document["prices"][price]["confidence"] in {"confirmed", "quoted", "unconfirmed"}


def test_only_the_computes_that_are_named(run: Any) -> None:  # noqa: ANN401
    """Without a pattern these alone; with the pattern k8s its cluster is the named one."""
    _, out, _ = run("--compute", "lambda", "--compute", "ec2", "--json")
    assert (list(json.loads(out)["computes"]), json.loads(out)["patterns"]) == (["lambda", "ec2"], {})
    _, out, _ = run("--pattern", "k8s", "--compute", "eks-managed", "--orders-per-day", "1", "--json")
    (bill,) = json.loads(out)["patterns"]["k8s"]
    names = [component["name"] for component in bill["components"]]
    assert "management of the machines" not in names
    assert "private network" in names
    assert "addresses" not in names


def test_another_region_has_prices_of_its_own(run: Any) -> None:  # noqa: ANN401
    """Tokyo's NAT-free bill of the same usage."""
    found = {}
    for region in ("us-east-1", "ap-northeast-1"):
        _, out, _ = run("--region", region, "--compute", "fargate", "--orders-per-day", "0", "--json")
        found[region] = json.loads(out)["computes"]["fargate"][0]["cost"]
    assert found["ap-northeast-1"] > found["us-east-1"] > 0


def test_customers(run: Any) -> None:  # noqa: ANN401
    """They are a component of the web API, and no longer left out."""
    code, _, err = run("--pattern", "web_api", "--orders-per-day", "0", "--customers", "1000")
    assert code == 0
    assert "Cognito, Plus" in err
    assert "--customers" not in err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--orders-per-day", "many"], "orders a day must be a whole number such as 100000, not 'many'"),
        (["--orders-per-day", ""], "orders a day must be a whole number such as 100000, not ''"),
        (["--orders-per-day", "1.5"], "not '1.5'"),
        (["--orders-per-day", "-1"], "not '-1'"),
        (["--orders-per-day", "1000", "stock"], "not 'stock'"),
        (["--orders-per-day", "9" * 5000], "orders a day must be at most 1,000,000,000,000"),
        (["--orders-per-day"], "requires an argument"),
        (["--region", "mars"], "there are no prices of region 'mars' (choose from: us-east-1, ap-northeast-1)"),
        (["--pattern", "moon"], "there is no pattern 'moon'"),
        (["--compute", "abacus"], "there is no compute 'abacus' (choose from: lambda, durable, "),
        (["--customers", "-1"], "Invalid value for '--customers'"),
    ],
)
def test_a_wrong_question_is_refused_in_one_line(run: Any, arguments: list[str], line: str) -> None:  # noqa: ANN401
    """With what could have been asked; exit code 2."""
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert line in err
    assert err.count("\n") == 1


def test_a_broken_price_file_is_named(run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:  # noqa: ANN401
    """A reader who changed it sees which file it is."""
    broken = tmp_path / "prices.json"
    broken.write_text("{")
    monkeypatch.setattr(price_file.regions_of, "__defaults__", (broken,))
    code, _, err = run()
    assert code == 1
    assert err.startswith("patterns: prices.json is not a JSON object")
