"""How long a query may take. Nothing else cuts an answer short."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Budget:
    """So many milliseconds from when it is made, by a clock in seconds.

    `cut` has what was cut short, in words. It is asked between steps of some milliseconds.
    """

    milliseconds: float = float("inf")
    clock: Callable[[], float] = time.monotonic
    cut: list[str] = field(default_factory=list)
    end: float = field(init=False)

    def __post_init__(self) -> None:
        self.end = self.clock() + self.milliseconds / 1000

    def is_over(self, what: str) -> bool:
        """Tell whether the time is over; what is cut short by that is noted."""
        if not self.is_up():
            return False
        if what not in self.cut:
            self.cut.append(what)
        return True

    def is_up(self) -> bool:
        """Tell whether the time is over; nothing is noted."""
        return self.clock() >= self.end

    def over(self) -> str:
        """Say that the time was over."""
        return f"the time of {self.milliseconds:,g} ms was over"

    def warnings(self) -> list[str]:
        """Say what was cut short, if anything."""
        if not self.cut:
            return []
        return [
            f"{self.over()} at {', '.join(self.cut[:3])}: "
            "these are the best of what was looked at until then, and more may match"
        ]


UNLIMITED = Budget()
"""The budget of whoever has none."""
