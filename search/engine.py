"""The one interface of every engine: a request in, ranked paragraphs out."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, Protocol

from index.model import DocumentInfo, Paragraph

Match = Literal["auto", "all", "any"]
MATCHES: tuple[Match, ...] = ("auto", "all", "any")
"""How many of the words a paragraph needs; `Request` tells."""

Sort = Literal["score", "date:desc", "date:asc", "document"]
SORTS: tuple[Sort, ...] = ("score", "date:desc", "date:asc", "document")
"""The orders of an answer."""

Grouping = Literal["none", "document"]
GROUPINGS: tuple[Grouping, ...] = ("none", "document")
"""By what an answer is grouped."""

Scope = Literal["paragraph", "document"]
SCOPES: tuple[Scope, ...] = ("paragraph", "document")
"""Where all the words must stand."""

Order = Literal["document", "left", "left2", "left3", "keyword", "right", "right2", "right3"]
ORDERS: tuple[Order, ...] = (
    "document", "left", "left2", "left3", "keyword", "right", "right2", "right3",
)  # fmt: skip
"""The orders of a concordance: that of the index, or by words beside the keyword."""

FACETS = ("type", "language", "author", "year", "month", "folder", "document")
"""What can be counted of the documents of an answer."""

MAX_LIMIT = 100
"""How many paragraphs, documents or lines a page has at most."""

MAX_CONTEXT = 2
"""How many neighbours a paragraph is shown with on either side at most."""

MAX_OFFSET = 2**31 - 1
"""The last rank that can be asked for."""

BUDGET_MS = 1000
"""After how many milliseconds a search ends, where nothing else is said."""

MAX_BUDGET_MS = 60_000
"""The longest time, in milliseconds, that can be asked for."""

MAX_SUGGESTIONS = 20
"""How many texts are suggested for one being typed at most."""

WIDTH = 60
"""How much is shown on either side of a keyword, in code points, where nothing else is said."""

MAX_WIDTH = 200
"""The most that is shown on either side of a keyword, in code points."""


@dataclass(frozen=True, slots=True)
class Request:
    """A question.

    `limit` (0 to 100) paragraphs are wanted from rank `offset` on, each with `context` (0 to 2)
    neighbours on either side. `match` says whether a paragraph needs all the words, any of them,
    or (auto) all, and where no paragraph has all, any. After `budget_ms` milliseconds the search
    ends with the best of what was looked at until then; to mark these takes no more than so long
    again.

    `filters` narrow it: `field:value`, where several values of a field widen and different fields
    narrow, and `-field:value` for all else; with filters alone everything that passes is found.
    `facets` are the names of those (of FACETS) to count. `sort` is by score, by the documents'
    dates (without a date last) or ids; equal ones are in the order of indexing. Of paragraphs by
    score, the best hundred are raised by unquoted words that stand near each other. Grouped by
    document, `limit` and `offset` count documents, in the order of their best paragraphs.

    In the `scope` of a document the words may stand in different paragraphs of it, which are shown
    together, by score and without facets. `explain` asks for the parts of each score.

    Raises ValueError for a number that is out of range and a name that there is not.
    """

    query: str
    limit: int = 20
    offset: int = 0
    match: Match = "auto"
    context: int = 0
    budget_ms: int = BUDGET_MS
    filters: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    sort: Sort = "score"
    group: Grouping = "none"
    scope: Scope = "paragraph"
    explain: bool = False

    def __post_init__(self) -> None:
        _check_numbers(self)
        for name, values in _CHOICES.items():
            _check_choice(name, getattr(self, name), values)
        for facet in self.facets:
            _check_choice("a facet", facet, FACETS)


@dataclass(frozen=True, slots=True)
class ConcordanceRequest:
    """A question for the occurrences of a word, a pattern or a phrase, in their context.

    `limit` (0 to 100) are wanted from rank `offset` on, with `width` (0 to 200) code points on
    either side. They come in the order of the index, or sorted by the first, second or third word
    on the left or the right and those beyond it, or by the keyword. Of a query of several words
    these are all that is marked in the paragraphs that match. Where there is too much text to read
    all, or to sort all, or `budget_ms` milliseconds are over, a warning says how far it went.

    Raises ValueError for a number that is out of range and a name that there is not.
    """

    query: str
    width: int = WIDTH
    sort: Order = "document"
    limit: int = 20
    offset: int = 0
    budget_ms: int = BUDGET_MS

    def __post_init__(self) -> None:
        _check_numbers(self)
        _check_choice("sort", self.sort, ORDERS)


_MOST = {
    "limit": MAX_LIMIT,
    "offset": MAX_OFFSET,
    "context": MAX_CONTEXT,
    "width": MAX_WIDTH,
    "budget_ms": MAX_BUDGET_MS,
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "match": MATCHES,
    "sort": SORTS,
    "group": GROUPINGS,
    "scope": SCOPES,
}


def _check_numbers(request: Request | ConcordanceRequest) -> None:
    for name, most in _MOST.items():
        if not 0 <= getattr(request, name, 0) <= most:
            raise ValueError(f"{name} is 0 to {most}, not {getattr(request, name)}")


def _check_choice(name: str, value: str, values: tuple[str, ...]) -> None:
    if value not in values:
        raise ValueError(f"{name} is one of {', '.join(values)}, not {value!r}")


@dataclass(frozen=True, slots=True)
class Span:
    """A marked stretch of a paragraph's text: `start` and `end` in code points."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """A number of a score, in words, and the `parts` that it comes of.

    `how` tells the way: it is their `sum`, exactly, the `best` (highest) of them, or their
    `product`, rounded to a multiple of 2^-36; a `number` is what its text says.
    """

    text: str
    value: float
    how: Literal["sum", "best", "product", "number"]
    parts: tuple["Explanation", ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A paragraph that was found; `rank` counts from 1 over all pages.

    `snippet_html` is escaped HTML in which only `<mark>` stands for markup: the whole paragraph,
    or, beyond 1,000 characters, windows around the matches. `explanation` has the parts of the
    score where the request asked for them.
    """

    rank: int
    score: float
    document: DocumentInfo
    paragraph: Paragraph
    matches: tuple[Span, ...]
    snippet_html: str
    before: tuple[Paragraph, ...]
    after: tuple[Paragraph, ...]
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Another query worth trying, and how many paragraphs it finds, in that `scope`."""

    kind: Literal["spelling", "variant", "stemmed", "relaxed"]
    text: str
    total: int
    scope: Scope = "paragraph"


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a facet, and how many paragraphs with it would be found.

    Those are exact, under the query and the filters of all other facets. `label` is what to show
    for it. It is `selected` or `excluded` where there is a filter that says so.
    """

    value: str
    label: str
    count: int
    selected: bool
    excluded: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """What the paragraphs found have in a field: the most frequent values, and those in filters.

    `more` counts the values that are left out.
    """

    name: str
    values: tuple[FacetValue, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Group:
    """A document that was found: its `rank` from 1, how many of its paragraphs match, the best.

    The `rank` of a hit in it counts within the document.
    """

    rank: int
    document: DocumentInfo
    total: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A paragraph of a whole answer; `rank` counts from 1."""

    rank: int
    score: float
    document: DocumentInfo
    paragraph: Paragraph


@dataclass(frozen=True, slots=True)
class Completion:
    """What a query may become: its text, and how many paragraphs that finds.

    A `word` or a `phrase` (the text typed, and a word that follows it somewhere) is a query. A
    `title` or a `heading` is a place: that `paragraph`, of whose document or section `total` counts
    the paragraphs below.
    """

    text: str
    kind: Literal["word", "phrase", "title", "heading"]
    total: int
    paragraph: Paragraph | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an answer.

    `total` counts paragraphs and `documents` the documents among them; both are exact, or at least
    that many where the answer is `partial`, because time ran out: a warning says at what.
    `interpreted` is what was understood, `warnings` what was repaired. `relaxed` is true where no
    paragraph had all the words and these have some.
    `took_ms` is the time in milliseconds; `built_at` is the time of the commit, ISO 8601 in UTC.
    Grouped by document there are `groups` instead of `hits`.
    """

    query: str
    interpreted: str
    warnings: tuple[str, ...]
    total: int
    documents: int
    limit: int
    offset: int
    took_ms: float
    partial: bool
    relaxed: bool
    generation: int
    built_at: str
    suggestions: tuple[Suggestion, ...]
    hits: tuple[Hit, ...]
    facets: tuple[Facet, ...] = ()
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentList:
    """A stretch of the list of all documents, in the order of their ids; `total` counts all."""

    total: int
    documents: tuple[DocumentInfo, ...]


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A whole document, marked.

    `html` has for each paragraph its text as in `Hit.snippet_html`, never shortened; `matches`
    the marked spans, none for a paragraph that does not match the query.
    """

    info: DocumentInfo
    paragraphs: tuple[Paragraph, ...]
    matches: tuple[tuple[Span, ...], ...]
    html: tuple[str, ...]

    @property
    def positions(self) -> tuple[tuple[int, float], ...]:
        """The number of the paragraph of each match, and where in the document that stands.

        That is from 0 to 1, by the code points of the paragraphs' texts.
        """
        begins = list(accumulate((len(each.text) for each in self.paragraphs), initial=0))
        total = begins.pop() or 1
        placed = zip(self.paragraphs, begins, self.matches, strict=True)
        return tuple(
            (each.number, (begin + span.start) / total)
            for each, begin, spans in placed
            for span in spans
        )


@dataclass(frozen=True, slots=True)
class ParagraphView:
    """One paragraph, its document and its neighbours."""

    document: DocumentInfo
    paragraph: Paragraph
    before: tuple[Paragraph, ...]
    after: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One occurrence in a concordance: the keyword and the text on either side of it.

    `span` is the keyword's place in the paragraph's text.
    """

    left: str
    keyword: str
    right: str
    span: Span
    document: DocumentInfo
    paragraph: Paragraph


@dataclass(frozen=True, slots=True)
class Concordance:
    """A stretch of the occurrences of a query's words, each in its context.

    `total` counts all occurrences. It is `partial` where that is a lower bound, or the time was
    over before all was sorted that could be; one of the `warnings` says so. The other fields are as
    in `Page`.
    """

    request: ConcordanceRequest
    interpreted: str
    warnings: tuple[str, ...]
    total: int
    took_ms: float
    partial: bool
    generation: int
    built_at: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """What the engine serves; `built_at` is the time of the commit, ISO 8601 in UTC."""

    generation: int
    built_at: str
    documents: int
    paragraphs: int


@dataclass(frozen=True, slots=True)
class Passage:
    """Two stretches that say the same: `here` in the paragraph asked about, `there` in a hit."""

    here: Span
    there: Span


@dataclass(frozen=True, slots=True)
class Differences:
    """The words of the passages that stand in one of the two texts alone."""

    here: tuple[Span, ...]
    there: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class SimilarHit:
    """A paragraph that says the same as another, or is similar to it.

    The score is from 0 to 1: of what says the same, the share of words in common; of what is
    similar, the share of the highest score that its words can give. `matches` are the words by
    which it is similar. `here_html` and `there_html` are the passages as escaped HTML, with
    `<mark>` around the differences; of what is only similar there are none.
    """

    hit: Hit
    kind: Literal["same", "similar"]
    passages: tuple[Passage, ...]
    differences: Differences
    here_html: str
    there_html: str


@dataclass(frozen=True, slots=True)
class Similar:
    """A paragraph, and what is like it: first what says the same, the likest first."""

    document: DocumentInfo
    paragraph: Paragraph
    hits: tuple[SimilarHit, ...]


class Engine(Protocol):
    """What web and command line ask of an engine.

    Every method may be called from any thread, answers from one generation of the index, and
    raises `search.errors.Unavailable` where there is none to answer from.
    """

    def search(self, request: Request) -> Page:
        """Answer a request; a query that does not parse is repaired, never refused.

        Raises `search.errors.BadFilter` for a filter that is none.
        """

    def documents(self, limit: int, offset: int) -> DocumentList:
        """List documents in the order of their ids."""

    def document(self, id: str, query: str = "") -> DocumentView | None:
        """Give the document with that id, matches of `query` marked, or None."""

    def paragraph(self, id: str, context: int = MAX_CONTEXT) -> ParagraphView | None:
        """Give the paragraph with that id and up to `context` neighbours a side, or None."""

    def status(self) -> Status:
        """Tell which generation is served."""

    def export(self, request: Request) -> Iterator[Found]:
        """Give all that is found, in the order asked for, one by one.

        `limit`, `offset`, `context`, `facets` and `group` say nothing here. Raises
        `search.errors.BadFilter` at once.
        """

    def suggest(self, text: str, limit: int = 8) -> tuple[Completion, ...]:
        """Finish what is being typed: `limit` (0 to 20) words, phrases, titles and headings."""

    def similar(self, id: str, limit: int = 20, other_documents: bool = False) -> Similar | None:
        """Give what says the same as the paragraph with that id, or is similar to it, or None.

        `limit` (0 to 100) hits are wanted, where `other_documents` is set of those alone.
        """

    def concordance(self, request: ConcordanceRequest) -> Concordance:
        """Give the occurrences of words, each in its context."""
