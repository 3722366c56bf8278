from patterns_cli.demo.checks import Check, Checks, described


def test_nothing_checked_is_no_success() -> None:
    """A demo that came to check nothing has not passed."""
    assert not Checks().passed


def test_equal_values_pass_and_show_both_sides() -> None:
    """A check keeps what was tried, expected and seen as text."""
    checks = Checks()
    checks.equal("cancel again", expected=(409, "order-closed"), seen=(409, "order-closed"))
    assert checks.made == [Check("cancel again", "409, order-closed", "409, order-closed", passed=True)]
    assert checks.passed


def test_one_difference_is_a_difference_of_the_whole() -> None:
    """Later successes do not hide an earlier difference."""
    checks = Checks()
    checks.equal("a", expected=1, seen=2)
    checks.equal("b", expected=1, seen=1)
    assert not checks.passed
    assert checks.differences == 1


def test_values_of_another_type_differ() -> None:
    """Text that looks like the expected number is not it."""
    checks = Checks()
    checks.equal("total", expected=690, seen="690")
    assert not checks.passed


def test_each_says_how_many_agree() -> None:
    """Many values are shown as one figure on each side."""
    checks = Checks()
    checks.each("read", expected={1: "a", 2: "b"}, seen={2: "b", 1: "a"}, what="orders")
    assert checks.made == [Check("read", "2 orders", "all 2", passed=True)]


def test_each_shows_only_the_fields_that_differ() -> None:
    """Of a big document that differs in one field, that field is shown."""
    checks = Checks()
    checks.each(
        "read",
        expected={7: {"total": 690, "status": "PLACED"}, 8: {"total": 1}},
        seen={7: {"total": 691, "status": "PLACED"}, 8: {"total": 1}},
        what="orders",
    )
    assert checks.made[0].seen == "1; 1 not: 7 should be total 690, is total 691"
    assert not checks.passed


def test_each_finds_what_is_missing_and_what_nobody_expected() -> None:
    """A lost order and an order out of nowhere are both differences, even when the numbers agree."""
    checks = Checks()
    checks.each("list", expected={1: "a", 2: "b"}, seen={1: "a", 3: "c"}, what="orders")
    assert checks.made[0].seen == "1; 1 not: 2 is missing; 1 too many, such as 3: c"
    assert not checks.passed


def test_one_too_many_is_a_difference_by_itself() -> None:
    """An order out of nowhere differs, though every expected one is there."""
    checks = Checks()
    checks.each("list", expected={1: "a"}, seen={1: "a", 3: "c"}, what="orders")
    assert not checks.passed


def test_each_of_nothing_proves_nothing() -> None:
    """An empty expectation differs, so that a scenario without input cannot pass."""
    checks = Checks()
    checks.each("cancel", expected={}, seen={}, what="orders")
    assert not checks.passed


def test_what_could_not_run_counts_as_different() -> None:
    """A part that broke off is not left out of the result."""
    checks = Checks()
    checks.not_run("paging", "took longer than 60 s")
    assert not checks.passed
    assert checks.made[0].seen == "could not run: took longer than 60 s"


def test_sets_are_shown_in_an_order_that_does_not_change() -> None:
    """The same set has the same text in every run."""
    checks = Checks()
    checks.equal("answers", expected={429, 200}, seen=frozenset({200, 429}))
    assert checks.made[0].expected == checks.made[0].seen == "200 and 429"


def test_an_error_is_described_by_the_first_line_of_its_cause() -> None:
    """A group of errors, as concurrent work raises it, is told as the error in it."""
    group = ExceptionGroup("several", [ExceptionGroup("one", [ValueError("no such order\nmore")])])
    assert described(group) == "ValueError: no such order"
    assert described(TimeoutError()) == "TimeoutError"
