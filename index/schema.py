"""What stands in the index, in Whoosh's words, and the version of the format."""

from collections.abc import Iterator

from whoosh.analysis import Analyzer, Token
from whoosh.fields import STORED, TEXT, Schema

from index.analysis import analyze

FORMAT = 4
"""The version of the format: of the files, the analysis and the schema together."""


class TextAnalyzer(Analyzer):  # type: ignore[misc]  # Whoosh has no types
    """The analysis as Whoosh wants it: tokens by stem, or by form as typed."""

    def __init__(self, by: str) -> None:
        self.by = by

    def __call__(
        self,
        value: str,
        positions: bool = False,  # both are always given
        chars: bool = False,
        mode: str = "",
        **kwargs: object,  # Whoosh hands over more than is of use here
    ) -> Iterator[Token]:
        """Yield Whoosh tokens; in a query, only the first token of each position."""
        token, last = Token(positions=True, chars=True), -1
        for found in analyze(value):
            if mode == "query" and found.position == last:
                continue
            last = token.pos = found.position
            token.text = getattr(found, self.by)
            token.startchar, token.endchar = found.start, found.end
            token.boost = 1.0
            yield token


SCHEMA = Schema(
    # One Whoosh document is one paragraph.
    text=TEXT(analyzer=TextAnalyzer("stem"), stored=True),
    form=TEXT(analyzer=TextAnalyzer("form")),
    id=STORED,
    document=STORED,
    title=STORED,
    number=STORED,
    kind=STORED,
    section=STORED,
)
