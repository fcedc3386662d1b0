"""What was repaired in a query, each repair with its place, for whoever typed it."""

from operator import itemgetter

MAX_WARNINGS = 20
"""How many repairs are told; of more, their number."""

EVERYWHERE = 1 << 30
"""The place of what is said of a query as a whole: behind all others."""

_SHOWN = 20


class Repairs:
    """The repairs of one query. A place is a character of it, counted from 1.

    They are put in words at the end, for of very many only the first are told.
    """

    def __init__(self) -> None:
        self._said: list[tuple[int, str, str]] = []  # place, part of the query, what was done

    def add(self, place: int, told: str) -> None:
        """Note a repair, in words that name the place."""
        self._said.append((place, "", told))

    def note(self, text: str, place: int, what: str) -> None:
        """Note what was done about a part of the query, of which the beginning is told."""
        self._said.append((place, text, what))

    def left_out(self, text: str, place: int, why: str) -> None:
        """Note that a part of the query was left out."""
        self.note(text, place, f"is left out: {why}")

    def as_words(self, text: str, place: int, why: str) -> None:
        """Note that a part of the query was taken as words."""
        self.note(text, place, f"is taken as words: {why}")

    def warnings(self) -> tuple[str, ...]:
        """Give what was repaired, in the order of the places."""
        if not self._said:
            return ()
        said = sorted(self._said, key=itemgetter(0))
        told = [_told(*repair) for repair in said[:MAX_WARNINGS]]
        more = len(said) - MAX_WARNINGS
        return (*told, *([f"and {more:,} more repairs"] if more > 0 else []))


def _told(place: int, text: str, what: str) -> str:
    """Put a repair in words."""
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f"“{shown}” at {place} {what}" if text else what
