"""What the circuit does, as lines in the log: they tell an outage and its end from a hundred failed messages."""

from collections.abc import Callable

from aws_lambda_powertools import Logger

from patterns_async.application.circuit import Circuit, State

__all__ = ["circuit_log"]


def circuit_log(logger: Logger) -> Callable[[Circuit], None]:
    """Return what notes the circuit's moves: ``circuit_open``, ``circuit_half_open``, ``circuit_closed``.

    ``trips`` is how often it opened in a row, ``until`` (seconds since 1970) when the next probe may go, ``reason`` why
    it opened: the status with what the partner says, or what failed (name, refused, TLS, timeout, …).
    """

    def note(circuit: Circuit) -> None:
        write = logger.warning if circuit.state is State.OPEN else logger.info
        message = f"circuit_{circuit.state.lower()}"
        extra = {"receiver": "partner", "trips": circuit.trips, "until": circuit.until, "reason": circuit.reason}
        write(message, extra=extra)

    return note
