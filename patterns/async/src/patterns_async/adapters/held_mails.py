"""Counts the mails that wait for the account, by cause: one metric, whose dimension names the cause for an alarm."""

from collections import Counter
from collections.abc import Iterable

from aws_lambda_powertools.metrics import Metrics, MetricUnit

from patterns_async.application.account_faults import AccountCannotSend
from patterns_shared.adapters.sqs_batch import Message

__all__ = ["HeldMails"]


class HeldMails:
    """Writes ``MailsHeld`` with the dimension ``cause``, once for each cause in a batch."""

    def __init__(self, metrics: Metrics) -> None:
        """Keep the metrics; they are flushed with each batch that has something to count."""
        self._metrics = metrics

    def count(self, failed: Iterable[tuple[Message, Exception]]) -> None:
        """Count the messages that failed because the account may not send."""
        causes = Counter(error.fault for _, error in failed if isinstance(error, AccountCannotSend))
        for cause, held in causes.items():
            self._metrics.add_dimension(name="cause", value=cause)
            self._metrics.add_metric(name="MailsHeld", unit=MetricUnit.Count, value=held)
            self._metrics.flush_metrics()
