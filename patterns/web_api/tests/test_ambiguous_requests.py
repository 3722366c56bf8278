"""What a request says twice is refused, and named: two readers of it would act on different halves."""

from typing import Any

import pytest

from patterns_web_api.testing import Answer, Shop

LINE = '{"sku":"TEA-ASSAM-100","quantity":1}'


def listed(shop: Shop, query: dict[str, list[str]]) -> Answer:
    """Ask for the list with a query whose parameters may come more than once."""
    event = shop.event("GET", "/orders", query={name: values[-1] for name, values in query.items()})
    return shop.handle({**event, "multiValueQueryStringParameters": query})


def with_lines(shop: Shop, method: str, path: str, headers: dict[str, list[str]], body: Any = None) -> Answer:  # noqa: ANN401 - any JSON
    """Send a request whose headers may come more than once."""
    event = shop.event(method, path, body)
    event["headers"] |= {name: values[-1] for name, values in headers.items()}
    event["multiValueHeaders"] |= headers
    return shop.handle(event)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": ["5", "6"]},
        {"limit": ["5", "5"]},
        {"limit": ["5", ""]},
        {"status": ["PLACED", "CANCELLED"], "limit": ["5"]},
        {"cursor": ["x", "y", "z"]},
        {"unknown": ["1", "2"]},
        {"": ["1", "2"]},
        {"limit": ["0", "x"]},
    ],
)
def test_a_parameter_that_comes_twice_is_refused(shop: Shop, query: dict[str, list[str]]) -> None:
    """400 that names it, though both values are the same or neither is valid; the store is not asked."""
    answer = listed(shop, query)

    assert answer.is_problem(400, "ambiguous-request")
    assert answer.fields == [next(name for name, values in query.items() if len(values) > 1)]
    assert shop.orders.requests == 0


def test_names_of_parameters_are_compared_as_they_are(shop: Shop) -> None:
    """``Limit`` is another name, and one that the list does not know."""
    answer = listed(shop, {"limit": ["5"], "Limit": ["6"]})

    assert answer.is_problem(422, "invalid-request")
    assert answer.fields == ["Limit"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"lines":[{"sku":"TEA-ASSAM-100","quantity":1,"quantity":999}]}', "lines.0.quantity"),
        ('{"lines":[{"sku":"TEA-ASSAM-100","quantity":1,"quantity":1}]}', "lines.0.quantity"),
        ('{"lines":[{"sku":"TEA-ASSAM-100","quantity":1,"\\u0071uantity":999}]}', "lines.0.quantity"),
        (f'{{"lines":[{LINE},{{"sku":"GIFT-BOX-S","sku":"GIFT-BOX-S","quantity":1}}]}}', "lines.1.sku"),
        (f'{{"lines":[],"lines":[{LINE}]}}', "lines"),
        (f'{{"lines":[{LINE}],"lines":null}}', "lines"),
        (f'{{"lines":[{LINE}],"note":{{"a":[{{"b":1,"b":2}}]}}}}', "note.a.0.b"),
        ('{"lines":[{"sku":"TEA-ASSAM-100","quantity":0,"quantity":1}]}', "lines.0.quantity"),
        ('[{"a":1,"a":2}]', "0.a"),
        ('{"":1,"":2}', "body"),
        ('{"a":1,"a":{"b":1,"b":2}}', "a"),
    ],
)
def test_a_name_that_comes_twice_in_an_object_is_refused(shop: Shop, body: str, field: str) -> None:
    """400 that names it by its path, at any depth, however it is written; nothing is ordered."""
    answer = shop.send("POST", "/orders", body)

    assert answer.is_problem(400, "ambiguous-request")
    assert answer.fields == [field]
    assert shop.orders.requests == 0


def test_a_long_name_does_not_make_a_long_answer(shop: Shop) -> None:
    """A hundred characters of it are enough to know it by."""
    name = "x" * 20_000

    answer = shop.send("POST", "/orders", f'{{"{name}":1,"{name}":2}}')

    assert answer.is_problem(400, "ambiguous-request")
    assert len(answer.body) < 1_000


def test_equal_names_in_different_objects_are_no_repetition(shop: Shop) -> None:
    """Each line has its own sku and quantity."""
    lines = f'{{"lines":[{LINE},{LINE.replace("TEA-ASSAM-100", "GIFT-BOX-S")}]}}'

    assert shop.send("POST", "/orders", lines).status == 201


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("body", ['{{"lines":[{{"sku":"TEA-ASSAM-100","quantity":{}}}]}}', '{{"x":[{}]}}'])
def test_what_is_no_number_of_json_is_no_json(shop: Shop, number: str, body: str) -> None:
    """400: some parsers take these words, RFC 8259 does not."""
    answer = shop.send("POST", "/orders", body.format(number))

    assert answer.is_problem(400, "malformed-body")


@pytest.mark.parametrize("number", ["1.5", "1e3", "1e999", "-1e999", "1e-7", "9" * 400])
def test_a_number_that_is_no_quantity_is_named(shop: Shop, number: str) -> None:
    """422, however many digits it has."""
    answer = shop.send("POST", "/orders", f'{{"lines":[{{"sku":"TEA-ASSAM-100","quantity":{number}}}]}}')

    assert answer.status in {400, 422}
    assert answer.fields in (["lines.0.quantity"], ["body"])
    assert shop.orders.requests == 0


@pytest.mark.parametrize("trailing", ["x", "{}", ",", "\x00", "]", "\ufeff"])
def test_what_follows_the_body_is_refused(shop: Shop, trailing: str) -> None:
    """400: another reader might stop before it, or go on."""
    assert shop.send("POST", "/orders", f'{{"lines":[{LINE}]}}{trailing}').is_problem(400, "malformed-body")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Idempotency-Key", ["one", "two"]),
        ("Idempotency-Key", ["one", "one"]),
        ("idempotency-key", ["one", "two"]),
        ("Authorization", ["Bearer one", "Bearer two"]),
        ("Content-Type", ["application/json", "text/plain"]),
        ("Content-Type", ["application/json", "application/json"]),
    ],
)
def test_a_header_that_is_no_list_comes_once(shop: Shop, name: str, values: list[str]) -> None:
    """400 that names it; nothing is ordered."""
    event = shop.event("POST", "/orders", f'{{"lines":[{LINE}]}}')
    for headers in (event["headers"], event["multiValueHeaders"]):
        headers.pop(name, None)
    event["multiValueHeaders"][name] = values

    answer = shop.handle(event)

    assert answer.is_problem(400, "ambiguous-request")
    assert [field.lower() for field in answer.fields] == [name.lower()]
    assert shop.orders.requests == 0


def test_a_header_in_two_spellings_is_one_header(shop: Shop) -> None:
    """Their names are the same, whatever the case: the later one does not win."""
    headers = {"Idempotency-Key": ["one"], "idempotency-key": ["two"]}

    answer = with_lines(shop, "POST", "/orders", headers, f'{{"lines":[{LINE}]}}')

    assert answer.is_problem(400, "ambiguous-request")


def test_two_trace_contexts_are_none(shop: Shop) -> None:
    """W3C Trace Context: more than one traceparent is invalid, and does not fail the order."""
    one, two = (f"00-{digit * 32}-00f067aa0ba902b7-01" for digit in "12")

    answer = with_lines(shop, "POST", "/orders", {"traceparent": [one, two]}, f'{{"lines":[{LINE}]}}')

    assert answer.status == 201
    assert answer.headers["traceparent"] not in {one, two}
