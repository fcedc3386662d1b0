"""Figures as text: Markdown tables, and numbers with as many digits as they deserve."""

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table; all columns but the first stand to the right."""
    lines = [header, ["---", *("---:" for _ in header[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float) -> str:
    """Write a number with three digits, or all before the point."""
    decimals = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{decimals}f}"


def maybe(value: float | None) -> str:
    """Write a number, or a dash where there is none."""
    return "–" if value is None else number(value)


def megabytes(size: float) -> str:
    """Write bytes as MB, a million bytes each."""
    return number(size / 1e6)


def share(value: float) -> str:
    """Write a ratio with two decimals."""
    return f"{value:.2f}"


def spelled(items: Sequence[str]) -> str:
    """Join words as a sentence does."""
    return " and ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def plural(count: int, word: str, words: str = "") -> str:
    """Write a count with its word."""
    return f"{count:,} {word if count == 1 else words or word + 's'}"
