"""The reader of Markdown (.md): CommonMark with tables, strikethrough and front matter."""

import html
import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, groupby, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from index.model import Draft
from index.paragraphs import Piece, fold, join_lines, mend, number, take_title
from index.readers.encoding import decode
from index.readers.frontmatter import FrontMatter, front_matter

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_HTML = re.compile(r"<!--(?:[^-]|-(?!->))*+(?:-->|\Z)|<[^<>]*+>")
_PROGRAM = re.compile(r"\s*<(?:script|style)\b", re.IGNORECASE)


def read(path: Path, id: str) -> Iterator[Draft]:
    """Read a Markdown text.

    Its title is that of the front matter, else the first heading of level 1, else the first
    paragraph, if that reads like one, or the file's name. A row of a table is a paragraph, and so
    is each run of lines of a program; its line breaks become spaces, as everywhere.

    Raises `Unreadable` for what is not text, and the system's `OSError`s.
    """
    text = decode(path.read_bytes())
    front = front_matter(text)
    pieces = mend(text, list(_Source(text, front.end).pieces()))
    title, rest = _take_title(front, pieces, path)
    paragraphs = number(id, title, rest)
    yield Draft(id, title.text, front.author, front.date, "markdown", front.language, paragraphs)


def _take_title(
    front: FrontMatter, pieces: Sequence[Piece], path: Path
) -> tuple[Piece, Sequence[Piece]]:
    top = next((piece for piece in pieces if piece.level == 1), None)
    if front.title and (top is None or top.text.casefold() != front.title.text.casefold()):
        return front.title, pieces
    if top is None:
        return take_title(pieces, path)
    return top, [piece for piece in pieces if piece is not top]


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415 - imported when first needed

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


class _Source:
    """A Markdown text from an offset on, and where its lines begin."""

    def __init__(self, text: str, offset: int) -> None:
        self._text = text
        self._body = text[offset:]
        lengths = (len(line) + 1 for line in self._body.split("\n"))
        self._starts = list(accumulate(lengths, initial=offset))

    def pieces(self) -> Iterator[Piece]:
        """Give the paragraphs, headings among them, in the order of the text."""
        tokens = iter(_parser().parse(self._body))
        depth = 0
        for token in tokens:
            if token.type in ("list_item_open", "list_item_close"):
                depth += token.nesting
            elif token.type == "heading_open":
                yield from self._piece(token.map, _text(next(tokens)), level=int(token.tag[1]))
            elif token.type == "paragraph_open":
                yield from self._piece(token.map, _text(next(tokens)), item=depth > 0)
            elif token.type == "tr_open":
                yield from self._piece(token.map, _row(tokens), item=True)
            elif token.type in ("fence", "code_block"):
                yield from self._program(token)
            elif token.type == "html_block":
                yield from self._piece(token.map, _without_tags(token.content))

    def _program(self, token: "Token") -> Iterator[Piece]:
        first = token.map[0] + (token.type == "fence") if token.map else 0
        lines = enumerate(token.content.split("\n"), start=first)
        for blank, run in groupby(lines, key=lambda line: not line[1].strip()):
            if not blank:
                numbers, texts = zip(*run, strict=True)
                span = numbers[0], numbers[-1] + 1
                yield from self._piece(span, fold(" ".join(texts)), item=True)

    def _piece(
        self, lines: Sequence[int] | None, text: str, level: int | None = None, item: bool = False
    ) -> Iterator[Piece]:
        """Give the piece that stands on the lines from one to another, unless it says nothing."""
        if text and lines:
            start = self._starts[lines[0]]
            stretch = self._text[start : self._starts[lines[1]]]
            start += len(stretch) - len(stretch.lstrip())
            end = start + len(stretch.strip())
            yield Piece(text, start, end, level, lines[1] - lines[0], item)


def _text(inline: "Token") -> str:
    parts = [_said(token) for token in inline.children or ()]
    return fold(join_lines([line for line in map(str.strip, "".join(parts).split("\n")) if line]))


def _said(token: "Token") -> str:
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    if token.type == "html_inline":
        return " " if token.content.lower().startswith("<br") else ""
    return _text(token) if token.type == "image" else token.content


def _row(tokens: Iterator["Token"]) -> str:
    row = takewhile(lambda token: token.type != "tr_close", tokens)
    cells = [_text(token) for token in row if token.type == "inline"]
    return " | ".join(cell for cell in cells if cell)


def _without_tags(markup: str) -> str:
    return "" if _PROGRAM.match(markup) else fold(html.unescape(_HTML.sub(" ", markup)))
