"""What every orders repository does with a request to move an order."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from patterns_shared.domain.errors import IllegalTransition, OrderNotFound, VersionConflict
from patterns_shared.domain.moves import Transition, VersionCondition
from patterns_shared.domain.orders import ERASED_CONTACT, Order, OrderStatus
from patterns_shared.ports import OrdersRepository
from patterns_shared.testing.made import TRACEPARENT, make_claim

__all__ = ["MakeOrder", "MovesContract"]

# ruff: noqa: S101 - a contract suite asserts, and its expected figures are clearest as figures

MakeOrder = Callable[[], Order]


class MovesContract:
    """The contract of ``OrdersRepository.move``; ``make_new`` makes orders of a customer whom no other test knows."""

    @pytest.mark.parametrize("target", [OrderStatus.CANCELLED, OrderStatus.FULFILLED, OrderStatus.REJECTED])
    def test_a_placed_order_moves_once(
        self, repository: OrdersRepository, make_new: MakeOrder, target: OrderStatus
    ) -> None:
        """The move makes the next version, which is what is read then; other moves are refused, the same is no move."""
        order = make_new()
        repository.add(order, claim=None, traceparent=TRACEPARENT)
        moved = repository.move(order.order_id, target, customer_id=order.customer_id, traceparent=TRACEPARENT)
        assert moved == Transition(order.move(target), repeated=False)
        assert repository.get(order.order_id) == moved.order
        for again in set(OrderStatus) - {target}:
            with pytest.raises(IllegalTransition):
                repository.move(order.order_id, again, customer_id=order.customer_id, traceparent=TRACEPARENT)
        repetition = repository.move(order.order_id, target, customer_id=order.customer_id, traceparent=TRACEPARENT)
        assert repetition == Transition(moved.order, repeated=True)
        assert repository.get(order.order_id) == moved.order

    def test_no_order_moves_to_placed(self, repository: OrdersRepository, make_new: MakeOrder) -> None:
        """Not even a placed one: its version would grow for nothing."""
        order = make_new()
        repository.add(order, claim=None, traceparent=TRACEPARENT)
        with pytest.raises(IllegalTransition):
            repository.move(order.order_id, OrderStatus.PLACED, customer_id=order.customer_id, traceparent=TRACEPARENT)
        assert repository.get(order.order_id) == order

    def test_another_customers_order_does_not_move(self, repository: OrdersRepository, make_new: MakeOrder) -> None:
        """It is as if it were not there, placed or not."""
        order = make_new()
        repository.add(order, claim=None, traceparent=TRACEPARENT)
        for _ in range(2):
            with pytest.raises(OrderNotFound):
                repository.move(
                    order.order_id, OrderStatus.CANCELLED, customer_id="another customer", traceparent=TRACEPARENT
                )
            order = repository.get(order.order_id)
            if order.status is OrderStatus.PLACED:
                repository.move(
                    order.order_id, OrderStatus.FULFILLED, customer_id=order.customer_id, traceparent=TRACEPARENT
                )
        assert repository.get(order.order_id).status is OrderStatus.FULFILLED

    @pytest.mark.parametrize(
        "condition",
        [
            VersionCondition(frozenset({1})),
            VersionCondition(frozenset({7, 1, 3})),
            VersionCondition(frozenset(range(1, 101))),
            VersionCondition(frozenset({2, 7}), excluded=True),
            VersionCondition(frozenset(), excluded=True),
        ],
    )
    def test_a_move_is_for_the_versions_that_its_caller_names(
        self, repository: OrdersRepository, make_new: MakeOrder, condition: VersionCondition
    ) -> None:
        """Or for all but those."""
        order = make_new()
        repository.add(order, claim=None, traceparent=TRACEPARENT)
        moved = _cancel(repository, order, condition)
        assert moved == Transition(order.move(OrderStatus.CANCELLED), repeated=False)

    @pytest.mark.parametrize(
        "condition",
        [
            VersionCondition(frozenset({2})),
            VersionCondition(frozenset()),
            VersionCondition(frozenset({1, 2}), excluded=True),
        ],
    )
    def test_any_other_version_is_a_conflict(
        self, repository: OrdersRepository, make_new: MakeOrder, condition: VersionCondition
    ) -> None:
        """It names the present one, and nothing moves."""
        order = make_new()
        repository.add(order, claim=None, traceparent=TRACEPARENT)
        with pytest.raises(VersionConflict) as conflict:
            _cancel(repository, order, condition)
        assert conflict.value.current == 1
        assert repository.get(order.order_id) == order

    def test_a_repeated_move_may_name_the_version_that_was_moved(
        self, repository: OrdersRepository, make_new: MakeOrder
    ) -> None:
        """Its first answer was lost, so that its sender knows the version before; no third version is right."""
        order = make_new()
        repository.add(order, claim=None, traceparent=TRACEPARENT)
        cancelled = _cancel(repository, order, VersionCondition(frozenset({1}))).order
        for version in (1, 2):
            again = _cancel(repository, order, VersionCondition(frozenset({version})))
            assert again == Transition(cancelled, repeated=True)
        with pytest.raises(VersionConflict):
            _cancel(repository, order, VersionCondition(frozenset({3})))

    def test_a_condition_comes_before_the_status(self, repository: OrdersRepository, make_new: MakeOrder) -> None:
        """An order that was decided meanwhile has changed; that it is closed is for those who know."""
        order = make_new()
        repository.add(order, claim=None, traceparent=TRACEPARENT)
        repository.move(order.order_id, OrderStatus.FULFILLED, customer_id=order.customer_id, traceparent=TRACEPARENT)
        with pytest.raises(VersionConflict):
            _cancel(repository, order, VersionCondition(frozenset({1})))
        with pytest.raises(IllegalTransition):
            _cancel(repository, order, VersionCondition(frozenset({2})))

    @pytest.mark.parametrize("target", [OrderStatus.CANCELLED, OrderStatus.FULFILLED, OrderStatus.REJECTED])
    def test_the_address_of_a_closed_order_is_erased(
        self, repository: OrdersRepository, make_new: MakeOrder, target: OrderStatus
    ) -> None:
        """Nothing else of the order changes, its version included; once more is the same as once, also in the list."""
        order = make_new()
        repository.add(order, claim=make_claim(), traceparent=TRACEPARENT)
        moved = repository.move(order.order_id, target, customer_id=order.customer_id, traceparent=TRACEPARENT).order
        for _ in range(2):
            repository.erase_contact(order.order_id, customer_id=order.customer_id)
        erased = replace(moved, contact_email=ERASED_CONTACT)
        assert repository.get(order.order_id) == erased
        listed = repository.list_for_customer(order.customer_id, status=target, limit=9, after=None)
        assert listed.orders == (erased,)

    def test_the_address_of_an_open_order_stays(self, repository: OrdersRepository, make_new: MakeOrder) -> None:
        """Its cancellation or its outcome must reach the customer."""
        order = make_new()
        repository.add(order, claim=None, traceparent=TRACEPARENT)
        with pytest.raises(IllegalTransition):
            repository.erase_contact(order.order_id, customer_id=order.customer_id)
        assert repository.get(order.order_id) == order

    def test_the_address_of_another_customers_order_stays(
        self, repository: OrdersRepository, make_new: MakeOrder
    ) -> None:
        """It is as if the order were not there."""
        order = make_new()
        repository.add(order, claim=None, traceparent=TRACEPARENT)
        moved = _cancel(repository, order, None)
        for order_id, customer_id in ((order.order_id, "another customer"), (order.order_id[:-1], order.customer_id)):
            with pytest.raises(OrderNotFound):
                repository.erase_contact(order_id, customer_id=customer_id)
        assert repository.get(order.order_id) == moved.order

    def test_a_late_repetition_brings_no_address_back(self, repository: OrdersRepository, make_new: MakeOrder) -> None:
        """Neither a repeated move nor a replayed claim writes to the order."""
        order = make_new()
        repository.add(order, claim=make_claim(), traceparent=TRACEPARENT)
        _cancel(repository, order, None)
        repository.erase_contact(order.order_id, customer_id=order.customer_id)
        assert _cancel(repository, order, None).repeated
        assert repository.add(make_new(), claim=make_claim(), traceparent=TRACEPARENT).replayed
        assert repository.get(order.order_id).contact_email == ERASED_CONTACT


def _cancel(repository: OrdersRepository, order: Order, condition: VersionCondition | None) -> Transition:
    return repository.move(
        order.order_id,
        OrderStatus.CANCELLED,
        customer_id=order.customer_id,
        traceparent=TRACEPARENT,
        condition=condition,
    )
