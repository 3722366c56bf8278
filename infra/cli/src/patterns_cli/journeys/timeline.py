"""A journey as lines of text for people."""

from patterns_cli.journeys.journey import Journey
from patterns_cli.journeys.steps import Step

__all__ = ["timeline"]


def timeline(found: Journey) -> list[str]:
    """Return a timeline. A page that waits for an outcome reads the order every few seconds: reads are only counted."""
    steps = [step for step in found.steps if not step.is_read]
    reads = len(found.steps) - len(steps)
    head = f"order {found.order_id}: {found.status or 'not in the table'}, {len(steps)} steps"
    head += f" and {reads} reads" if reads else ""
    if not steps:
        return [head]
    first = steps[0].at - steps[0].took
    traces = list(dict.fromkeys(step.trace_id for step in steps if step.trace_id))
    patterns, programs = max(len(step.pattern) for step in steps), max(len(step.program) for step in steps)
    lines = [f"{head} since {first:%Y-%m-%d %H:%M:%S} UTC"]
    lines += [f"  trace {number}: {trace}" for number, trace in enumerate(traces, start=1)]
    for step in steps:
        after = (step.at - step.took - first).total_seconds()
        trace = f"[{traces.index(step.trace_id) + 1}]" if step.trace_id else "[-]"
        lines.append(f"  {after:+9.3f} s {trace} {step.pattern:{patterns}} {step.program:{programs}} {_said(step)}")
    return lines


def _said(step: Step) -> str:
    took = f" in {step.took.total_seconds() * 1000:.0f} ms" if step.took else ""
    said = " ".join(filter(None, [step.what, step.event_type])) + took
    return said + (f": {step.reason}" if step.reason else "")
