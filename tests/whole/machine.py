"""A random schedule of customers, deliveries and faults, and the books at its end."""

from itertools import product
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tests.whole.books import differences, drain
from tests.whole.customers import BASKETS, Customers
from tests.whole.faults import Fault
from tests.whole.operators import Operators
from tests.whole.ports import PartnerMode
from tests.whole.promises import Promises
from tests.whole.world import World

from patterns_shared.adapters.sns import attributes_of
from patterns_shared.domain.events import EventType

__all__ = ["BooksDiffer", "Schedule"]

_FAULTS = st.sampled_from(
    [(Fault.NONE, 0)] * 5 + [(fault, at) for fault in Fault if fault is not Fault.NONE for at in (1, 2, 3, 5)]
)
_FAULTS_OF_ONE_CALL = st.sampled_from([(fault, 1) for fault in Fault])
_REQUESTS = st.sampled_from(list(product(["ada", "grace"], sorted(BASKETS), [None, "a", "b"])))
_BATCHES = st.sampled_from(list(product([10, 2, 1], [0, 1, 3], [True, True, True, False])))
"""How many messages, how many are passed over at first, and whether they can be deleted in the end."""
_SERVICES = ["queues", "bus", "topic", "orders", "ledger", "circuit", "claims", "mail", "notices", "partner"]
_WEATHER = [
    *(("wait", seconds) for seconds in (2, 30, 100, 400, -45, -1000)),
    *(("toggle", service) for service in _SERVICES),
    *(("partner", mode) for mode in PartnerMode),
    *(("label", label) for label in ("", *EventType)),
]
_NO_FAULT = (Fault.NONE, 0)
_NUMBERS = st.integers(0, 7)


class BooksDiffer(AssertionError):
    """At the end of a schedule something is missing, twice, or other than elsewhere."""


class Schedule(RuleBasedStateMachine):
    """One schedule. ``ran`` counts those of this process, so that one may say how many found a fault."""

    ran: ClassVar[int] = 0
    by_attributes: ClassVar[bool] = False
    """Whether subscriptions filter by a message's attributes, as they once did."""

    def __init__(self) -> None:
        """Start with an empty shop."""
        super().__init__()
        Schedule.ran += 1
        self.world = World(by_attributes=self.by_attributes)
        self.promises = Promises()
        self.customers = Customers(self.world, self.promises)
        self.operators = Operators(self.world, self.promises)

    @initialize(baskets=st.lists(st.sampled_from(sorted(BASKETS)), min_size=1, max_size=3))
    def open(self, baskets: list[str]) -> None:
        """The day begins with some orders."""
        for basket in baskets:
            self.customers.place("ada", basket, None)

    @rule(what=_REQUESTS, fault=_FAULTS_OF_ONE_CALL)
    def place(self, what: tuple[str, str, str | None], fault: tuple[Fault, int]) -> None:
        """A customer places an order, or the same one again."""
        self.world.faults.turn(lambda: self.customers.place(*what), *fault)

    @precondition(lambda self: self.world.table.all)
    @rule(number=_NUMBERS, fault=_FAULTS_OF_ONE_CALL)
    def cancel(self, number: int, fault: tuple[Fault, int]) -> None:
        """A customer cancels an order."""
        self.world.faults.turn(lambda: self.customers.cancel(number), *fault)

    @precondition(lambda self: self.world.ready())
    @rule(which=_NUMBERS, how=_BATCHES, fault=_FAULTS)
    def work(self, which: int, how: tuple[int, int, bool], fault: tuple[Fault, int]) -> None:
        """One for whom there is work gets a batch of it; what it has done may come again."""
        ready = self.world.ready()
        self._turn(ready[which % len(ready)], how, fault)

    @precondition(lambda self: self.world.table.all)
    @rule(victim=st.integers(0, 8), how=_BATCHES, fault=_FAULTS)
    def go_on(self, victim: int, how: tuple[int, int, bool], fault: tuple[Fault, int]) -> None:
        """Everyone gets what is due now, and one of them meets the fault."""
        for number, name in enumerate(self.world.turns):
            self._turn(name, (10, *how[1:]), fault if number == victim else _NO_FAULT)

    @rule(what=st.sampled_from(_WEATHER))
    def befall(self, what: tuple[str, Any]) -> None:
        """The clock goes on or back, a service or the partner changes, or attributes contradict bodies."""
        kind, value = what
        if kind == "wait":
            self.world.sleep(value)
        elif kind == "toggle":
            self.world.faults.down ^= {value}
        elif kind == "partner":
            self.world.partner.mode = value
        else:
            label = {"type": {"DataType": "String", "StringValue": value}}
            self.world.worker.attributes = (lambda _: label) if value else attributes_of

    @precondition(lambda self: self.world.bus.archive)
    @rule(what=st.sampled_from(Operators.CHORES), number=_NUMBERS)
    def operate(self, what: str, number: int) -> None:
        """An operator replays, relays, fills in or puts back, a hop repeats itself, or a stranger publishes poison."""
        getattr(self.operators, what)(number)

    def _turn(self, name: str, how: tuple[int, int, bool], fault: tuple[Fault, int]) -> None:
        world = self.world
        size, world.client.skip, world.client.deletes = how
        world.faults.turn(
            lambda: world.turn(name, size=size), *fault, meanwhile=lambda: world.concurrent_turn(name, size=size)
        )

    def teardown(self) -> None:
        """Let everything run to its end without faults, and compare the books."""
        drain(self.world)
        if found := differences(self.world, self.promises):
            raise BooksDiffer("\n".join(found))
