"""Generated documents, query trees and query strings, for hypothesis and for plain loops.

Every generator draws from a `random.Random`. Hypothesis hands it one that it controls, so that it
can shrink what fails; `seeded` takes an ordinary one and yields thousands of cases a second.
First among the choices stands the simplest, to which hypothesis shrinks.
"""

import random
import re
from collections.abc import Iterator
from itertools import pairwise

from hypothesis import strategies as st
from whoosh import query
from whoosh.query.spans import SpanNear2

from index.analysis import analyze
from index.model import Kind, Paragraph

Documents = list[tuple[Paragraph, ...]]

Places = list[list[list[str]]]
"""Of each paragraph that has tokens, of each of its positions, the forms that stand there."""

# Few words, so that they meet in paragraphs; many of them inflections of few stems.
COMMON = ("war", "the", "and", "treaty", "treaties", "talk", "talks", "talking", "talked", "army")
RARE = (
    *("armies", "invade", "invaded", "invading", "diplomat", "diplomatic", "diplomacy", "NATO"),
    *("Russia", "Russia’s", "Russia's", "don't", "O'Brien", "co-ordinate", "co-ordinated"),
    *("coordinated", "up-to-date", "ex-army", "0%", "100%", "C", "C++", "C#", "3.14", "1,000"),
    *("1000", "U.K.", "uk", "metro.co.uk", "café", "cafe", "ﬁnal", "Москва", "Москве", "हिन्दी"),
    *("北京", "東京", "مدينة", "Ελλάδα", "😀", "10²"),
)
WORDS = COMMON * 4 + RARE
WORDLESS = ("—", "", "…", "* * *", "\u00ad")
SEPARATORS = (" ",) * 9 + (", ", ". ", "-", " – ", "/", "\n")

FORMS = (*dict.fromkeys(token.form for word in WORDS for token in analyze(word)), "absent")

# Of a crowd of short paragraphs: words in nearly all of them, and how they stand together.
FREQUENT = ("to", "be", "or", "not", "the")
STOP_PHRASES = ("to be or not to be", "to be", "be to", "the the", "not the", "or not to be the")

REGEXES = (
    *(".", ".*", ".+", "[a-m]+", "[^aeiou]", "[n-z]{1,3}", "(a|e|i)?", "(ing|ed|s)", r"\d*"),
    *("[京a]", "(t|tr|tal)*", "(.a)*", "", "a{0}", "(x|)", "[^a-c]{2,}", "(o?u?)+"),
)
"""What stands for a stretch of a word in a regular expression."""

# Small enough that sums of scores stay below 2**17, within which they are exact.
LEAF_BOOSTS = (1.0, 1.0, 1.0, 2.0, 0.5, 0.3, 1.7, 0.01, 10.0)
GROUP_BOOSTS = (1.0, 1.0, 1.0, 2.0, 0.5, 1.1)

MAX_DEPTH = 3
KINDS = (query.And, query.Or) * 3 + (query.AndMaybe,) * 2 + (query.DisjunctionMax, query.Not)
LEAVES = ("term",) * 8 + ("phrase",) * 6 + ("prefix",) * 3 + ("every", "null")
"""The leaves that the query language makes."""
ALL_LEAVES = (*LEAVES, *("near",) * 5, *("wildcard",) * 3, *("fuzzy",) * 3, *("regex",) * 3)

# For query strings; debris is what people and programs type by mistake.
OPERATORS = (" ", " ", " ", " AND ", " OR ", " NOT ", " -", " +", " and ", " AND NOT ", "-", "/")
QUOTES = (('"', '"'), ('"', '"'), ("“", "”"), ("„", "“"), ("«", "»"))
DEBRIS = (
    *('"', "“", "(", ")", "((", "))", "()", '""', "*", "^", "^2", "^-1", "^1e9", "~", "=", "+"),
    *("-", "--", "AND", "OR", "NOT", "AND AND", "title:", "date:war", ":", "/a.*/", "[a TO", "\\"),
    *("'", "<script>alert(1)</script>", "&amp;", "\0", "\ud800", "\u202e", "%", "w?r", "a" * 300),
)

ODD = [
    *" \t\n\0\u3000\"“„«「'’‘()+-–—*?~^=:/\\.,;!|…%#@_&<>[]{}",
    *"0aé½ßİﬁ北ำ😀\u0301\u00ad\u200d\u202e\ufeff",
    *("AND", "OR", "NOT", "~2", "^0.5", "a-b", "C++", "1,000", "U.K.", "\ud800", "/a.b/"),
    *("title:", "section:", "author:", "type:", "language:", "document:", "path:", "date:"),
    *("=", "a*", "?b", "*a*", "w?rd", "nato~", '"a b"~3', "^50", "^99", ">=2022-02", "a|b/"),
    *("date:2022", "date:[2021 TO ", "date:[2021 TO 2022]", "date:>2021", "+", "-"),
]
"""Odd characters, and the parts of the query language, whole and broken."""


def _several(rng: random.Random, mean: int, most: int) -> Iterator[int]:
    """Count from 0: at least once, at times to `most`.

    It asks before each further step whether to stop, for hypothesis deletes such steps well.
    """
    yield 0
    for number in range(1, most):
        if rng.randrange(mean) == 0:
            return
        yield number


def random_text(rng: random.Random) -> str:
    """Give a text of up to 99 words (lengths are exact up to 40), at times of none."""
    if rng.randrange(12) == 11:
        return rng.choice(WORDLESS)
    words = [rng.choice(WORDS) for _ in _several(rng, rng.choice((2, 4, 8, 16, 60)), most=99)]
    return "".join(word + rng.choice(SEPARATORS) for word in words[:-1]) + words[-1]


def random_document(rng: random.Random, name: str) -> tuple[Paragraph, ...]:
    """Give a document: a title, then up to 15 paragraphs, headings among them."""
    kinds: list[Kind] = []
    texts = []
    for number in _several(rng, mean=6, most=16):
        texts.append(random_text(rng))
        kinds.append(rng.choice(("text", "text", "text", "heading")) if number else "title")
    return _document(name, kinds, texts)


def _document(name: str, kinds: list[Kind], texts: list[str]) -> tuple[Paragraph, ...]:
    paragraphs = []
    section, start = None, 0
    for number, (kind, text) in enumerate(zip(kinds, texts, strict=True)):
        end = start + len(text)
        paragraphs.append(Paragraph(name, number, kind, text, section, start, end))
        section, start = text if kind == "heading" else section, end + 2
    return tuple(paragraphs)


def random_documents(rng: random.Random, most: int = 5) -> Documents:
    """Give one to `most` documents, in the order of their ids."""
    return [random_document(rng, f"d{number:04}.txt") for number in _several(rng, most, most)]


def random_crowd(rng: random.Random, size: int, longest: int = 40) -> Documents:
    """Give documents of `size` short paragraphs in all, longer in some documents than in others.

    A few words are in nearly all of them, some in many, a great many in one or two.
    """
    documents: Documents = []
    left = size
    while left > 0:
        count = min(left, rng.randint(1, 60))
        kinds: list[Kind] = ["title", *rng.choices(("text", "heading"), (9, 1), k=count - 1)]
        most = min(longest, rng.choice((2, 5, 10, 40)))
        texts = [_short_text(rng, most, rare=size) for _ in kinds]
        documents.append(_document(f"c{len(documents):05}", kinds, texts))
        left -= count
    return documents


def _short_text(rng: random.Random, most: int, rare: int) -> str:
    words = []
    for kind in rng.choices("frnp", (50, 30, 10, 5), k=rng.randint(1, most)):
        match kind:
            case "f":
                words.append(rng.choice(FREQUENT))
            case "r":
                words.append(rng.choice(WORDS))
            case "n":
                words.append(f"w{rng.randrange(rare)}")
            case "p":
                words.append(rng.choice(STOP_PHRASES))
    return " ".join(words)


def random_segments(rng: random.Random, documents: Documents, most: int = 8) -> list[Documents]:
    """Part documents into one to `most` segments."""
    count = rng.randint(1, min(most, len(documents)))
    cuts = [0, *sorted(rng.sample(range(1, len(documents)), count - 1)), len(documents)]
    return [documents[first:last] for first, last in pairwise(cuts)]


def random_deletions(rng: random.Random, documents: Documents) -> set[int]:
    """Give the ordinals of some documents' paragraphs: documents are deleted as a whole."""
    deleted: set[int] = set()
    first = 0
    for document in documents:
        ordinals = range(first, first + len(document))
        deleted.update(ordinals if rng.randrange(3) == 2 else ())
        first = ordinals.stop
    return deleted


def places(documents: Documents) -> Places:
    """Look up what stands where, for trees whose phrases are to match."""
    found = []
    for paragraph in (paragraph for document in documents for paragraph in document):
        forms: dict[int, list[str]] = {}
        for token in analyze(paragraph.text):
            forms.setdefault(token.position, []).append(token.form)
        found.append(list(forms.values()))
    return [paragraph for paragraph in found if paragraph]


def random_tree(
    rng: random.Random,
    present: Places,
    depth: int = MAX_DEPTH,
    leaves: tuple[str, ...] = LEAVES,
) -> query.Query:
    """Give a query tree of at most that depth, of words that are mostly in `present`."""
    if depth == 0 or rng.randrange(5) < 2:
        return random_leaf(rng, present, leaves)
    kind = rng.choice(KINDS)
    if kind is query.Not:
        return query.Not(random_tree(rng, present, depth - 1, leaves))
    if kind is query.AndMaybe:
        return query.AndMaybe(*(random_tree(rng, present, depth - 1, leaves) for _ in range(2)))
    children = [random_tree(rng, present, depth - 1, leaves) for _ in _several(rng, 3, most=3)]
    return kind(children, boost=rng.choice(GROUP_BOOSTS))


def random_leaf(
    rng: random.Random, present: Places, leaves: tuple[str, ...] = LEAVES
) -> query.Query:
    """Give a leaf of one of the kinds, of words that are mostly in `present`."""
    kind = rng.choice(leaves)
    if kind == "every":
        return query.Every()
    if kind == "null":
        return query.NullQuery
    field, boost = rng.choice(("text", "form")), rng.choice(LEAF_BOOSTS)
    if kind == "term":
        return query.Term(field, _phrase(rng, present, 1)[0], boost=boost)
    if kind == "phrase":
        return query.Phrase(field, _phrase(rng, present, rng.randint(1, 4)), boost=boost)
    if kind == "near":
        return _near(rng, field, _phrase(rng, present, rng.randint(1, 5)))
    return _pattern(rng, kind, _phrase(rng, present, 1)[0], boost)


def _pattern(rng: random.Random, kind: str, form: str, boost: float) -> query.Query:
    if kind == "wildcard":
        return query.Wildcard("form", _wildcard(rng, form), boost=boost)
    if kind == "fuzzy":
        text, most = _misspelt(rng, form), rng.choice((1, 1, 2))
        return query.FuzzyTerm("form", text, boost, maxdist=most, prefixlength=0)
    if kind == "regex":
        return query.Regex("form", random_regex(rng, form), boost=boost)
    return query.Prefix("form", form[: rng.randint(1, 4)], boost=boost)


def _near(rng: random.Random, field: str, forms: list[str]) -> query.Query:
    rng.shuffle(forms)
    words = [query.Term(field, form) for form in forms]
    return SpanNear2(words, slop=rng.choice((1, 1, 2, 3, 6, 11, 101)), ordered=False)


def _wildcard(rng: random.Random, form: str) -> str:
    """Put `?` and `*` in place of some stretches of a form."""
    characters = list(form)
    for _ in range(rng.randint(1, 3)):
        start = rng.randrange(len(characters) + 1)
        characters[start : start + rng.randrange(3)] = rng.choice("??*")
    return "".join(characters)


def _misspelt(rng: random.Random, form: str) -> str:
    """Make none to three typing errors."""
    for _ in range(rng.randrange(4)):
        at, letter = rng.randrange(len(form) + 1), rng.choice("aeiknrst京")
        before, here, behind = form[:at], form[at : at + 1], form[at + 1 :]
        form = rng.choice(
            (
                before + letter + behind,
                before + letter + here + behind,
                before + behind,
                before[:-1] + here + before[-1:] + behind,
            )
        )
    return form or "a"


def random_regex(rng: random.Random, form: str) -> str:
    """Put classes, repetitions or alternatives in place of a stretch of a form."""
    if not form.isalnum():
        return re.escape(form)
    start = rng.randrange(len(form) + 1)
    changed = form[:start] + rng.choice(REGEXES) + form[start + rng.randrange(4) :]
    frame = rng.choice(("{}", "{}", "{}", "({})?s?", "{}|talk(s|ing)", "(?:{}){{1,2}}"))
    return frame.format(changed)


def _phrase(rng: random.Random, present: Places, length: int) -> list[str]:
    """Give up to `length` forms that follow each other in a paragraph, or any forms at all."""
    if not present or rng.randrange(3) == 0:
        return [rng.choice(FORMS) for _ in range(length)]
    paragraph = rng.choice(present)
    start = rng.randrange(len(paragraph))
    return [rng.choice(forms) for forms in paragraph[start : start + length]]


def random_flat(rng: random.Random, present: Places) -> query.Query:
    """Give a query as most are: all or any of up to 50 words, this with that or without, a leaf."""
    kind = rng.choice(("and", "or", "must", "not", "leaf"))
    if kind == "and":
        return query.And(_terms(rng, present, rng.choice((2, 2, 3, 5))))
    if kind == "or":
        return query.Or(_terms(rng, present, rng.choice((2, 3, 5, 10, 20, 50))))
    if kind == "must":
        must = query.And(_terms(rng, present, rng.randint(1, 2)))
        return query.AndMaybe(must, query.Or(_terms(rng, present, rng.choice((1, 2, 8)))))
    if kind == "not":
        return query.And([random_flat(rng, present), query.Not(random_flat(rng, present))])
    if rng.randrange(3) == 0:
        return query.Phrase(rng.choice(("text", "form")), rng.choice(STOP_PHRASES).split())
    return random_leaf(rng, present, ALL_LEAVES)


def _terms(rng: random.Random, present: Places, count: int) -> list[query.Query]:
    """Give words of one paragraph, where it has so many, or of any."""
    paragraph = rng.choice(present)
    if rng.randrange(2) or len(paragraph) < count:
        forms = [rng.choice(rng.choice(rng.choice(present))) for _ in range(count)]
    else:
        forms = [rng.choice(paragraph[i]) for i in rng.sample(range(len(paragraph)), count)]
    field = rng.choice(("text", "text", "form"))
    return [query.Term(field, form, boost=rng.choice(LEAF_BOOSTS)) for form in forms]


def random_case(rng: random.Random) -> tuple[Documents, query.Query]:
    """Give documents and a tree for them."""
    documents = random_documents(rng)
    return documents, random_tree(rng, places(documents))


def random_query(rng: random.Random, depth: int = 2) -> str:
    """Give what somebody might type, in the query language or beside it."""
    clauses = [_clause(rng, depth) for _ in range(rng.randint(1, 4))]
    joined = "".join(clause + rng.choice(OPERATORS) for clause in clauses[:-1]) + clauses[-1]
    return rng.choice(("", "", "", "-", "+", "NOT ")) + joined


def _clause(rng: random.Random, depth: int) -> str:
    kind = rng.choice(("word",) * 4 + ("phrase", "prefix", "group", "debris"))
    if kind == "debris":
        return rng.choice(DEBRIS)
    boost = rng.choice(("", "", "", "^2", "^0.5"))
    if kind == "group" and depth:
        return f"({random_query(rng, depth - 1)}){boost}"
    if kind == "phrase":
        opening, closing = rng.choice(QUOTES)
        words = [rng.choice(WORDS) for _ in range(rng.randint(1, 3))]
        return opening + " ".join(words) + closing + boost
    if kind == "prefix":
        return rng.choice(WORDS)[: rng.randint(1, 5)] + "*" + boost
    return rng.choice(("", "", "=")) + rng.choice(WORDS) + boost


def random_mixture(rng: random.Random, lines: list[str]) -> str:
    """Give stretches of lines among operators of every kind."""
    pieces = [rng.choice(lines)]
    for _ in range(rng.choice((3, 6, 12, 12, 100))):
        line = rng.choice(lines)
        cut = line[rng.randrange(len(line)) :][: rng.choice((1, 3, 20, 200))]
        pieces.append(rng.choice((cut, random_query(rng), *rng.choices(ODD, k=9))))
    rng.shuffle(pieces)
    return rng.choice(("", "", " ")).join(pieces)


def seeded(
    n: int, seed: int, trees: int = 25, most: int = 5
) -> Iterator[tuple[Documents, query.Query]]:
    """Yield `n` cases; `trees` in a row share one list (the same object) of up to `most` documents.

    The same seed gives the same cases again.
    """
    rng = random.Random(seed)
    for first in range(0, n, trees):
        documents = random_documents(rng, most)
        present = places(documents)
        for _ in range(min(trees, n - first)):
            yield documents, random_tree(rng, present)


_randoms = st.randoms(use_true_random=False)

texts: st.SearchStrategy[str] = _randoms.map(random_text)
documents: st.SearchStrategy[Documents] = _randoms.map(random_documents)
trees: st.SearchStrategy[query.Query] = _randoms.map(lambda rng: random_tree(rng, []))
cases: st.SearchStrategy[tuple[Documents, query.Query]] = _randoms.map(random_case)
queries: st.SearchStrategy[str] = _randoms.map(random_query)
