"""Generated documents, query trees and query strings, for hypothesis and for plain loops.

Every generator draws from a `random.Random`. Hypothesis hands it one that it controls, so that it
can shrink what fails; `seeded` takes an ordinary one and yields thousands of cases a second.
First among the choices stands the simplest, to which hypothesis shrinks.
"""

import random
from collections.abc import Iterator

from hypothesis import strategies as st
from whoosh import query

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

# Small enough that sums of scores stay below 2**17, within which they are exact.
LEAF_BOOSTS = (1.0, 1.0, 1.0, 2.0, 0.5, 0.3, 1.7, 0.01, 10.0)
GROUP_BOOSTS = (1.0, 1.0, 1.0, 2.0, 0.5, 1.1)

MAX_DEPTH = 3
KINDS = (query.And, query.Or) * 3 + (query.AndMaybe,) * 2 + (query.DisjunctionMax, query.Not)
LEAVES = ("term",) * 8 + ("phrase",) * 6 + ("prefix",) * 3 + ("every", "null")

# For query strings; debris is what people and programs type by mistake.
OPERATORS = (" ", " ", " ", " AND ", " OR ", " NOT ", " -", " +", " and ", " AND NOT ", "-", "/")
QUOTES = (('"', '"'), ('"', '"'), ("“", "”"), ("„", "“"), ("«", "»"))
DEBRIS = (
    *('"', "“", "(", ")", "((", "))", "()", '""', "*", "^", "^2", "^-1", "^1e9", "~", "=", "+"),
    *("-", "--", "AND", "OR", "NOT", "AND AND", "title:", "title:war", ":", "/a.*/", "[a TO", "\\"),
    *("'", "<script>alert(1)</script>", "&amp;", "\0", "\ud800", "\u202e", "%", "w?r", "a" * 300),
)


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
    paragraphs: list[Paragraph] = []
    section, start = None, 0
    for number in _several(rng, mean=6, most=16):
        text = random_text(rng)
        kind: Kind = rng.choice(("text", "text", "text", "heading")) if number else "title"
        end = start + len(text)
        paragraphs.append(Paragraph(name, number, kind, text, section, start, end))
        section, start = text if kind == "heading" else section, end + 2
    return tuple(paragraphs)


def random_documents(rng: random.Random, most: int = 5) -> Documents:
    """Give one to `most` documents, in the order of their ids."""
    return [random_document(rng, f"d{number:04}.txt") for number in _several(rng, most, most)]


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


def random_tree(rng: random.Random, present: Places, depth: int = MAX_DEPTH) -> query.Query:
    """Give a query tree of at most that depth, of words that are mostly in `present`."""
    if depth == 0 or rng.randrange(5) < 2:
        return _leaf(rng, present)
    kind = rng.choice(KINDS)
    if kind is query.Not:
        return query.Not(random_tree(rng, present, depth - 1))
    if kind is query.AndMaybe:
        return query.AndMaybe(*(random_tree(rng, present, depth - 1) for _ in range(2)))
    children = [random_tree(rng, present, depth - 1) for _ in _several(rng, 3, most=3)]
    return kind(children, boost=rng.choice(GROUP_BOOSTS))


def _leaf(rng: random.Random, present: Places) -> query.Query:
    kind = rng.choice(LEAVES)
    if kind == "every":
        return query.Every()
    if kind == "null":
        return query.NullQuery
    field, boost = rng.choice(("text", "form")), rng.choice(LEAF_BOOSTS)
    if kind == "term":
        return query.Term(field, _phrase(rng, present, 1)[0], boost=boost)
    if kind == "phrase":
        return query.Phrase(field, _phrase(rng, present, rng.randint(1, 4)), boost=boost)
    prefix = _phrase(rng, present, 1)[0][: rng.randint(1, 4)]
    return query.Prefix("form", prefix, boost=boost)


def _phrase(rng: random.Random, present: Places, length: int) -> list[str]:
    """Give up to `length` forms that follow each other in a paragraph, or any forms at all."""
    if not present or rng.randrange(3) == 0:
        return [rng.choice(FORMS) for _ in range(length)]
    paragraph = rng.choice(present)
    start = rng.randrange(len(paragraph))
    return [rng.choice(forms) for forms in paragraph[start : start + length]]


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
