import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_shared.observability.tracing import TraceContext

EXAMPLE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
VALID = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]")

trace_ids = st.integers(1, 2**128 - 1).map("{:032x}".format)
span_ids = st.integers(1, 2**64 - 1).map("{:016x}".format)


@given(trace_id=trace_ids, span_id=span_ids, sampled=st.booleans())
def test_a_context_comes_back_from_its_header(trace_id: str, span_id: str, *, sampled: bool) -> None:
    """Every context there can be."""
    context = TraceContext(trace_id, span_id, sampled)
    assert TraceContext.from_traceparent(context.traceparent) == context
    assert VALID.fullmatch(context.traceparent)


def test_the_standards_example_is_read() -> None:
    """Its trace goes on."""
    context = TraceContext.from_traceparent(EXAMPLE)
    assert (context.trace_id, context.span_id) == ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
    assert context.sampled
    assert context.traceparent == EXAMPLE


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "garbage",
        EXAMPLE.upper(),
        EXAMPLE[:-1],
        EXAMPLE + "-more",
        EXAMPLE + "\n\n-x",
        "ff" + EXAMPLE[2:],
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
        EXAMPLE.replace("-", "_"),
        EXAMPLE.replace("4", "٤"),
    ],
)
def test_what_is_no_header_starts_a_new_trace(header: str | None) -> None:
    """Never an error: tracing must not stop an order."""
    context = TraceContext.from_traceparent(header)
    assert VALID.fullmatch(context.traceparent)
    assert context.trace_id != "4bf92f3577b34da6a3ce929d0e0e4736"
    assert TraceContext.from_traceparent(header).trace_id != context.trace_id


@given(header=st.text())
def test_any_text_gives_a_valid_context(header: str) -> None:
    """Headers come from strangers."""
    assert VALID.fullmatch(TraceContext.from_traceparent(header).traceparent)


@pytest.mark.parametrize("header", ["01" + EXAMPLE[2:], "cc" + EXAMPLE[2:] + "-what-comes-later", f"  {EXAMPLE} "])
def test_a_newer_version_is_read_as_far_as_it_is_known(header: str) -> None:
    """As the standard asks; what is handed on is version 00 again."""
    assert TraceContext.from_traceparent(header).traceparent == EXAMPLE


@pytest.mark.parametrize(("flags", "sampled"), [("00", False), ("01", True), ("02", False), ("ff", True)])
def test_of_the_flags_only_the_sampled_one_is_handed_on(flags: str, *, sampled: bool) -> None:
    """The others are not specified yet."""
    context = TraceContext.from_traceparent(EXAMPLE[:-2] + flags)
    assert context.sampled is sampled
    assert context.traceparent.endswith("-01" if sampled else "-00")


def test_a_child_is_in_the_same_trace_with_an_id_of_its_own() -> None:
    """One order, one trace, many pieces of work."""
    parent = TraceContext.from_traceparent(EXAMPLE)
    children = [parent.child() for _ in range(100)]
    assert {child.trace_id for child in children} == {parent.trace_id}
    assert len({child.span_id for child in (parent, *children)}) == 101


def test_new_traces_are_all_different() -> None:
    """A hundred traces have a hundred ids."""
    assert len({TraceContext.new().trace_id for _ in range(100)}) == 100


@given(header=st.none() | st.text(), event_id=st.text())
def test_an_events_trace_is_the_same_at_every_attempt(header: str | None, event_id: str) -> None:
    """Readable or not: a random trace would make another event of it."""
    context = TraceContext.from_event(header, event_id=event_id)
    assert VALID.fullmatch(context.traceparent)
    assert TraceContext.from_event(header, event_id=event_id) == context
    assert context.child_for("answer") == context.child_for("answer")
    assert VALID.fullmatch(context.child_for("answer").traceparent)
    assert context.child_for("answer").trace_id == context.trace_id


def test_an_events_readable_trace_goes_on() -> None:
    """As that of a request does; different events of one trace are different pieces of work."""
    context = TraceContext.from_event(EXAMPLE, event_id="1")
    assert context.traceparent == EXAMPLE
    assert len({context.span_id, context.child_for("1").span_id, context.child_for("2").span_id}) == 3
    assert TraceContext.from_event(None, event_id="1") != TraceContext.from_event(None, event_id="2")
