"""The symbols of the architecture's pictures: lines in a box of 24 by 24, and the colour of each kind."""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["COLOURS", "SYMBOLS"]

_COMPUTE, _DATA, _FLOW, _FILES, _ACCESS, _OUTSIDE = "#c65d07", "#3457c7", "#b8306f", "#3a7d2c", "#b7303a", "#5a6b7f"

_KINDS: Mapping[str, tuple[str, str]] = {
    "add-on": (_ACCESS, "M3.5 4v16h17M7 15l4-5 3.5 3L20 6.5"),
    "api": (_FLOW, "M8 6 2.5 12 8 18M16 6l5.5 6L16 18M13.5 5l-3 14"),
    "archive": (_FLOW, "M3 5h18v4H3zM5 9v10h14V9M10 13h4"),
    "browser": (_OUTSIDE, "M3 5h18v14H3zM3 9.5h18M6 7.2h.1M9 7.2h.1"),
    "bucket": (_FILES, "M4 6.5 6.5 20h11L20 6.5M4 6.5a8 2.5 0 0 0 16 0 8 2.5 0 0 0-16 0"),
    "bus": (
        _FLOW,
        "M2.5 12h19M7 12V7M17 12V7M12 12v5M7 3.6a1.7 1.7 0 1 0 .1 0M17 3.6a1.7 1.7 0 1 0 .1 0M12 17a1.7 1.7 0 1 0 .1 0",
    ),
    "cluster": (_COMPUTE, "M12 3l8 4.5v9L12 21l-8-4.5v-9zM12 8.5l3 1.7v3.6l-3 1.7-3-1.7v-3.6z"),
    "firewall": (_ACCESS, "M12 3l8 3v5.5c0 5-3.4 8-8 9.5-4.6-1.5-8-4.5-8-9.5V6zM12 3v18M4 11.5h16"),
    "function": (
        _COMPUTE,
        "M9 4q-2.5 0-2.5 4T4 12q2.5 0 2.5 4T9 20M15 4q2.5 0 2.5 4T20 12q-2.5 0-2.5 4T15 20M13 8l-2.6 4.2h3.2L11 16.4",
    ),
    "mail": (_FLOW, "M3 6h18v12.5H3zM3 6.5l9 7 9-7"),
    "mailbox": (_OUTSIDE, "M3 6h18v12.5H3zM3 6.5l9 7 9-7"),
    "partner": (_OUTSIDE, "M4 20V4.5h9.5V20M13.5 10H20v10M2.5 20h19M7 8.5h3.5M7 12h3.5M7 15.5h3.5M16.5 14h.1"),
    "person": (_OUTSIDE, "M12 4a3.8 3.8 0 1 0 .1 0M4.5 20c0-4.5 3-7 7.5-7s7.5 2.5 7.5 7"),
    "pods": (_COMPUTE, "M8.5 3.5l5 2.8V12l-5 2.8-5-2.8V6.3zM16 10.2l4.6 2.6V18L16 20.6 11.4 18v-2.4"),
    "queue": (_FLOW, "M2.5 7h19M2.5 17h19M6 10v4M10 10v4M14 10v4M18 10v4"),
    "repository": (_COMPUTE, "M12 3.5l9 4.3-9 4.3-9-4.3zM3 12l9 4.3 9-4.3M3 16.2l9 4.3 9-4.3"),
    "schedule": (_FLOW, "M12 3.5a8.5 8.5 0 1 0 .1 0M12 7.5V12l3.2 2.4"),
    "secret": (_ACCESS, "M8 9.5a4 4 0 1 0 .1 0M11 11.2l9-6.2M16.6 7.4l1.8 2.6M19 5.8l1.6 2.2"),
    "table": (_DATA, "M3.5 5h17v14h-17zM3.5 9.7h17M3.5 14.3h17M9.2 5v14"),
    "task": (_COMPUTE, "M12 3l8.5 4.3v9.4L12 21l-8.5-4.3V7.3zM3.5 7.3l8.5 4.4 8.5-4.4M12 11.7V21"),
    "topic": (
        _FLOW,
        "M3 12h6M9 12l8.5-6M9 12h8.5M9 12l8.5 6M18 4.6h2.5v2.8H18zM18 10.6h2.5v2.8H18zM18 16.6h2.5v2.8H18z",
    ),
    "user pool": (
        _ACCESS,
        "M9 4.5a3.3 3.3 0 1 0 .1 0M2.5 19.5q0-6.3 6.5-6.3t6.5 6.3M15.5 5a3 3 0 0 1 0 5.8M18 13.8q3.5 1.4 3.5 5.7",
    ),
    "workflow": (_FLOW, "M8.5 3h7v5h-7zM2.5 16h7v5h-7zM14.5 16h7v5h-7zM12 8v4M6 16v-4h12v4"),
}
SYMBOLS: Mapping[str, str] = MappingProxyType({kind: path for kind, (_, path) in _KINDS.items()})
COLOURS: Mapping[str, str] = MappingProxyType({kind: colour for kind, (colour, _) in _KINDS.items()})
