from patterns_cli.costs.report_prices import REPORT_PRICES_FILE, report_prices


def test_a_report_computes_with_the_prices_of_the_documentation() -> None:
    """In a copy that its image has; ``python -m patterns_cli.costs.pages`` writes it."""
    assert REPORT_PRICES_FILE.read_text() == report_prices()
