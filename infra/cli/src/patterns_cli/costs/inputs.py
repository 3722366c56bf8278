"""How much is used, as ``docs/cost_inputs.json`` says: each figure is measured by a test, or assumed for a reason."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from patterns_cli.costs.files import CostFileError, read_records
from patterns_infra.paths import REPOSITORY

__all__ = ["INPUTS_FILE", "Input", "Inputs", "UnknownInput"]

INPUTS_FILE = REPOSITORY / "docs" / "cost_inputs.json"


class UnknownInput(LookupError):
    """The file has no such figure."""


@dataclass(frozen=True, slots=True)
class Input:
    """One figure; either ``measured_by`` a test of this repository, or ``assumed``."""

    id: str
    value: Decimal
    unit: str
    measured_by: str = ""
    assumed: str = ""

    def text(self) -> str:
        """Return the figure for a table, with where it is known from."""
        return f"{self.value:,f} {self.unit} ({f'assumed: {self.assumed}' if self.assumed else 'measured'})"


class Inputs:
    """The figures by id."""

    def __init__(self, inputs: dict[str, Input]) -> None:
        """Take them."""
        self._inputs = inputs

    @classmethod
    def read(cls, file: Path = INPUTS_FILE) -> "Inputs":
        """Read the file.

        Raises:
            CostFileError: a figure says both, or neither, of who measures it and what it assumes, or is no number.
        """
        found = {}
        for given in read_records(file, "inputs"):
            try:
                read = Input(**given | {"value": Decimal(given["value"])})
            except (KeyError, TypeError, ValueError, InvalidOperation) as error:
                raise CostFileError(f"{file.name}: input {given.get('id')}: {error!r}") from error
            if bool(read.measured_by) == bool(read.assumed):
                raise CostFileError(f"{file.name}: {read.id} must be either measured or assumed")
            if not read.value.is_finite() or read.value < 0:
                raise CostFileError(f"{file.name}: {read.id} must not be {read.value}")
            found[read.id] = read
        return cls(found)

    def __getitem__(self, name: str) -> Input:
        """Return a figure.

        Raises:
            UnknownInput: the file has none of that id.
        """
        try:
            return self._inputs[name]
        except KeyError:
            raise UnknownInput(f"{INPUTS_FILE.name} has no {name}") from None
