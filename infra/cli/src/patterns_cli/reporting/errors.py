"""What can be wrong with a report that somebody asks for; each text is one line."""

__all__ = ["BatchNotDeployed", "CannotReport", "InputRefused", "ReportFailed", "ReportingError"]


class ReportingError(Exception):
    """There is no report.

    InputRefused: what was asked for cannot be reported on; the text begins with the option's name.
    CannotReport: the deployment, or the way to it, does not let us; BatchNotDeployed: there is none.
    ReportFailed: the execution ended without a report.
    """


class InputRefused(ReportingError):
    """The text begins with the option that has to be changed."""


class CannotReport(ReportingError):
    """The text says what to do."""


class BatchNotDeployed(CannotReport):
    """The text says how to deploy it."""


class ReportFailed(ReportingError):
    """The text has the recorded reason."""
