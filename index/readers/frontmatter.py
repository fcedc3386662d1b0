"""Front matter: the lines of YAML between `---` at the top of a Markdown file, read simply."""

import re
from dataclasses import dataclass

from index import dates
from index.paragraphs import Piece, fold
from index.readers.language import language

_BLOCK = re.compile(r"---[ \t]*\n(?=\s*[\w-]+[ \t]*:)(.*?)^(?:---|\.\.\.)[ \t]*$", re.S | re.M)
_ENTRY = re.compile(r"^(title|author|date|language|lang)[ \t]*:[ \t]+(\S.*)$", re.I | re.M)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a document says of itself. `end` is where its body begins, in code points.

    `date` is in ISO 8601, as `index.dates` reads it; `language` a tag in lower case.
    """

    title: Piece | None = None
    author: str | None = None
    date: str | None = None
    language: str | None = None
    end: int = 0


def front_matter(text: str) -> FrontMatter:
    """Read the title, author, date and language that stand on a line of their own each."""
    block = _BLOCK.match(text)
    if block is None:
        return FrontMatter()
    pieces = {
        entry[1].lower(): piece
        for entry in _ENTRY.finditer(text, *block.span(1))
        if (piece := _value(entry)) is not None
    }
    author = pieces.get("author")
    stated = pieces.get("date")
    spoken = pieces.get("language", pieces.get("lang"))
    return FrontMatter(
        pieces.get("title"),
        None if author is None else author.text,
        None if stated is None else dates.stated(stated.text),
        None if spoken is None else language(spoken.text),
        block.end(),
    )


def _value(entry: re.Match[str]) -> Piece | None:
    """Give a value without its quotes or the brackets of a list; None if it stands elsewhere."""
    value = entry[2].rstrip()
    if value[0] in "|>&*!{":  # lines below, an anchor, an alias, a tag, a mapping
        return None
    wrapped = value[0] + value[-1] in ('""', "''", "[]")
    inner = value[1:-1] if wrapped else value
    start = entry.start(2) + wrapped
    text = fold(inner.replace('"', "") if value[0] == "[" else inner)
    return Piece(text, start, start + len(inner)) if text else None
