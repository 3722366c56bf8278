"""The languages of a page: that of the shop first, then the others. Each has its words and its formats."""

from collections.abc import Mapping
from dataclasses import dataclass

from patterns_batch.page.english import ENGLISH
from patterns_batch.page.formats import Formats
from patterns_batch.page.japanese import JAPANESE
from patterns_batch.page.texts import Texts

__all__ = ["Language", "languages"]

_TEXTS: Mapping[str, Texts] = {"en": ENGLISH, "ja": JAPANESE}


@dataclass(frozen=True, slots=True)
class Language:
    """What a page is written with.

    Attributes:
        code: of the language alone, ``en``: for names within the page.
        texts: its words.
        formats: its figures and dates.
    """

    code: str
    texts: Texts
    formats: Formats

    def change(self, now: int, before: int | None) -> str:
        """Return how a figure changed."""
        return self.formats.change(now, before, self.texts.from_nothing)

    def counted(self, texts: tuple[str, str], number: int) -> str:
        """Return a text for one or for many, with the number in it."""
        return texts[number != 1].format(n=self.formats.whole(number))


def languages(locale: str) -> list[Language]:
    """Return all languages, that of ``locale`` (``en``, ``en-GB``, ``ja`` …) first."""
    own = locale.partition("-")[0]
    tags = [locale, *(code for code in _TEXTS if code != own)]
    return [Language(code := tag.partition("-")[0], _TEXTS[code], Formats(tag)) for tag in tags]
