"""Files of orders by plain loops, character by character and row by row: what the program's reading is held against.

It shares no code with what it checks, but for the names of columns. Rows come in the order of the file; numbers from 0.
"""

# ruff: noqa: C901, PLR2004 - limits are clearest as figures, and one loop as one loop

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["PlainSums", "plain_csv", "plain_json_lines", "plain_report"]

COLUMNS = ("order_id", "customer_id", "placed_at", "status", "currency", "sku", "quantity", "unit_price")
_RETURN = ("placed", "currency", "status", "sku", "quantity", "unit_price")
Row = dict[str, Any]
"""Texts by column and, under ``bad``, whether the row could not be read."""


@dataclass(slots=True)
class PlainSums:
    """What a file comes to: rows, bad rows, orders and revenue of good orders, lines and amount of returns."""

    read: int = 0
    bad: int = 0
    orders: int = 0
    revenue: int = 0
    return_lines: int = 0
    return_amount: int = 0


def _lines(content: bytes) -> list[str]:
    text = content.removeprefix(b"\xef\xbb\xbf").decode(errors="replace").replace("\r\n", "\n")
    return text.split("\n")


def _fields(text: str, delimiter: str) -> list[str] | str | None:
    """Return the values of a row, None when it is none, or ``open`` when a quotation mark is not closed."""
    values, place = [], 0
    while True:
        value = ""
        if text[place : place + 1] == '"':
            place += 1
            while True:
                end = text.find('"', place)
                if end < 0:
                    return "open"
                value += text[place:end]
                place = end + 1
                if text[place : place + 1] != '"':
                    break
                value += '"'
                place += 1
            if place < len(text) and text[place] != delimiter:
                return None
        else:
            end = text.find(delimiter, place)
            newline = text.find("\n", place)
            end = len(text) if end < 0 else end
            if 0 <= newline < end:
                return None
            value, place = text[place:end], end
            if "\r" in value.rstrip("\r") or ("\r" in value and place < len(text)):
                return None
            value = value.rstrip("\r")
        values.append(value)
        if place >= len(text):
            return values
        place += 1


def plain_csv(content: bytes, delimiter: str) -> list[tuple[int, Row]]:
    """Return the rows of a CSV file whose header is its first line."""
    header, *lines = _lines(content)
    columns = [name.strip() for name in header.split(delimiter)]
    if lines and lines[-1] == "":
        lines.pop()
    rows: list[tuple[int, Row]] = []
    number = 0
    while number < len(lines):
        taken, values = 1, _fields(lines[number], delimiter)
        while values == "open" and number + taken < len(lines) and taken < 1000:
            taken += 1
            values = _fields("\n".join(lines[number : number + taken]), delimiter)
        if isinstance(values, list):
            inner = lines[number + 1 : number + taken]
            if any(line.count(delimiter) >= len(columns) - 1 for line in inner):
                rows += [(each, _broken(lines[each], columns, delimiter)) for each in range(number, number + taken)]
                number += taken
                continue
            if taken > 1 and len(values) != len(columns):
                values = None
        if not isinstance(values, list):
            rows.append((number, _broken(lines[number], columns, delimiter)))
            number += 1
            continue
        if any(value.strip() for value in values):
            if len(values) == len(columns):
                row = {name: values[columns.index(name)] for name in COLUMNS}
                if any("\n" in value or "\r" in value for value in row.values()):
                    order_id = "" if re.search(r"[\n\r]", row["order_id"]) else row["order_id"]
                    row = _bad(order_id)
            else:
                place = columns.index("order_id")
                row = _bad(values[place] if place < len(values) else "")
            rows.append((number, row))
        number += taken
    return rows


def _broken(line: str, columns: Sequence[str], delimiter: str) -> Row:
    values, place = line.split(delimiter), columns.index("order_id")
    return _bad(values[place].strip('"') if place < len(values) else "")


def _bad(order_id: str) -> Row:
    return {"bad": True, "order_id": order_id}


def plain_json_lines(content: bytes) -> list[tuple[int, Row]]:
    """Return the rows of a file with an object on each line."""
    return [(number, _object(line)) for number, line in enumerate(_lines(content)) if line.strip()]


def _object(line: str) -> Row:
    def pairs(found: list[tuple[str, Any]]) -> Any:  # noqa: ANN401 - of any shape
        names = [name for name, _ in found]
        return {**dict(found), "": [name for name in COLUMNS if names.count(name) > 1]}

    def refuse(name: str) -> None:
        raise ValueError(name)

    try:
        found = json.loads(line, object_pairs_hook=pairs, parse_int=str, parse_constant=refuse)
    except (ValueError, RecursionError):
        salvaged = re.search(r'"order_id"\s*:\s*"([^"\\]*)"', line)
        return {"bad": True, "order_id": salvaged[1] if salvaged else ""}
    if not isinstance(found, dict):
        return {"bad": True, "order_id": ""}
    row: Row = {}
    for name in COLUMNS:
        value = found.get(name)
        row[name] = "" if value is None else repr(value) if isinstance(value, float) else value
    strange = [name for name in COLUMNS if not isinstance(row[name], str) or re.search("[\ud800-\udfff]", row[name])]
    strange += [name for name in COLUMNS if name not in strange and re.search(r"[\n\r]", row[name])]
    if found[""] or strange:
        order_id = row["order_id"]
        return _bad(order_id if isinstance(order_id, str) and "order_id" not in strange else "")
    return row


def plain_report(rows: Sequence[tuple[int, Row]], moment: Callable[[str], int | None], before: int) -> PlainSums:
    """Return what the rows come to: a bad row takes with it the rows of its order that stand together with it.

    Sales under an id that sales had before, and returns that are there again, are bad. ``moment`` reads a time, in UTC
    microseconds; none may be at ``before`` or later.
    """
    checked = [_checked(row, moment, before) for _, row in rows]
    with_decimals = [row["major"] for row in checked if row.get("major") is not None]
    major = sum(with_decimals)
    fewer = major <= len(with_decimals) - major
    sums, seen = PlainSums(read=len(rows)), set[tuple[str, str]]()
    mixed = 0 < major < len(with_decimals)
    for run in _runs(checked):
        bad = any(row["bad"] or (mixed and row.get("major") is fewer) or _differs(row, run) for row in run)
        if bad or len(run) > 50:
            sums.bad += len(run)
            continue
        for back in (False, True):
            part = [row for row in run if _is_return(row) is back]
            key = (run[0]["order_id"], str([[row[name] for name in _RETURN] for row in part]) if back else "")
            amount = sum(abs(row["quantity"] * row["unit_price"]) for row in part)
            if not part:
                continue
            if key in seen:
                sums.bad += len(part)
            elif back:
                sums.return_lines, sums.return_amount = sums.return_lines + len(part), sums.return_amount + amount
            else:
                sums.orders, sums.revenue = sums.orders + 1, sums.revenue + amount
            seen.add(key)
    return sums


def _is_return(row: Row) -> bool:
    return (row.get("quantity") or 0) < 0 or (row.get("unit_price") or 0) < 0


def _runs(rows: Sequence[Row]) -> Iterator[list[Row]]:
    run: list[Row] = []
    for row in rows:
        if run and row["order_id"] != run[-1]["order_id"]:
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _differs(row: Row, run: Sequence[Row]) -> bool:
    """Whether a row does not fit its order; a return is of the same customer and currency, at a time of its own."""
    sale = next((each for each in run if not _is_return(each)), row)
    own = _is_return(row)
    first = {**run[0], **({} if own else {name: sale.get(name) for name in ("placed", "status")})}
    names = ("currency", "customer_id") if own else ("currency", "customer_id", "placed", "status")
    return any(row.get(name) != first.get(name) for name in names)


def _checked(row: Row, moment: Callable[[str], int | None], before: int) -> Row:
    if row.get("bad"):
        return {**row, "bad": True}
    found: Row = {**row, "bad": False}
    for name in ("order_id", "customer_id", "sku"):
        found["bad"] |= not 1 <= len(row[name]) <= 128
    found["bad"] |= any("\ufffd" in row[name] for name in ("order_id", "customer_id", "sku", "status", "currency"))
    found["bad"] |= row["status"] not in {"PLACED", "FULFILLED", "REJECTED", "CANCELLED"}
    found["bad"] |= not re.fullmatch("[A-Z]{3}", row["currency"])
    quantity = re.fullmatch(r"([+-]?[0-9]{1,15})(\.0*)?", row["quantity"], re.ASCII)
    found["quantity"] = int(quantity[1]) if quantity else 0
    found["unit_price"], found["major"] = _price(row["unit_price"], row["currency"])
    found["bad"] |= not 1 <= abs(found["quantity"]) <= 999
    found["bad"] |= found["unit_price"] is None or abs(found["unit_price"]) > 1_000_000_000
    found["bad"] |= found["quantity"] < 0 and (found["unit_price"] or 0) < 0
    found["placed"] = moment(row["placed_at"])
    found["bad"] |= found["placed"] is None or not 0 <= found["placed"] < before
    return found


def _price(text: str, currency: str) -> tuple[int | None, bool | None]:
    digits = {"JPY": 0, "KWD": 3}.get(currency, 2)
    major = None if not digits or not text else "." in text or "," in text
    if re.fullmatch("[+-]?[0-9]{1,15}", text, re.ASCII):
        return int(text), major
    decimals = re.fullmatch(r"([+-]?[0-9]{1,12})[.,]([0-9]{1,4})", text, re.ASCII)
    if decimals and len(decimals[2]) == digits and not (digits == 3 and "," in text):
        return int(decimals[1] + decimals[2]), major
    zeros = re.fullmatch(r"([+-]?[0-9]{1,15})\.(0{0,2}|0{4,})", text, re.ASCII)
    return (int(zeros[1]), major) if zeros and not digits else (None, major)
