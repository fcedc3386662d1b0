"""Generated documents of which something is known, and requests that ask for it.

A request's query is a text with the meaning that it was made of, or a text of anything at all,
which the parser has to read.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import strategies
from oracle_requests import Meaning
from whoosh import query
from whoosh.query.spans import SpanNear2

from search.engine import FACETS, GROUPINGS, MATCHES, SCOPES, SORTS, Request

TYPES = ("text", "markdown", "record")
LANGUAGES = (None, "en", "RU", "uk")
AUTHORS = (None, "Jane Austen", "Austen-Leigh, Jane", "José Saramago")
DATES = (None, "2022-02-10", "2022-02", "2022", "2021-12-31", "2022-02-28", "2020-02-29", "1999")
FOLDERS = ("", "news/", "news/old/", "newspaper/")
PERIODS = (
    *("2022", "2022-02", "2022-2", "2022-02-10", "2022/02/10", "1999", "2020-02", "*"),
    *("[2021 TO 2022-02]", "[* TO 2022-02-10]", "[2022-02-10 TO *]", "[2022-02-01 TO 2022-02-28]"),
    *(">2021", ">2022-02", ">=2022-02-10", "<2022", "<=2022-02", "<=2020-02-29", ">1999-12-31"),
)
WORDS = tuple(word for word in strategies.WORDS if word.isascii() and word.isalpha())
"""Words of which each is one form."""

Facts = Mapping[str, str | None]

LIMITS = (100, 20, 10, 3, 1, 0)
OFFSETS = (0, 0, 0, 1, 5, 40, 95, 130)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and what its query was made of, or None where the parser is to say."""

    request: Request
    meaning: Meaning | None = None

    def __str__(self) -> str:
        return f"{self.request!r}, which means {self.meaning!r}"


# Documents.


def known(
    rng: random.Random, documents: strategies.Documents
) -> tuple[strategies.Documents, dict[str, Facts]]:
    """Give documents new ids, those of their paths, and say what is known of each."""
    renamed: strategies.Documents = []
    facts: dict[str, Facts] = {}
    for paragraphs in documents:
        own = random_facts(rng, paragraphs[0].document)
        name = (own["path"] or "").replace("/", "~")
        if own["type"] == "record":
            name = f"{name}~{paragraphs[0].document}"
        renamed.append(tuple(replace(paragraph, document=name) for paragraph in paragraphs))
        facts[name] = own
    return renamed, facts


def random_facts(rng: random.Random, name: str) -> Facts:
    """Say what is known of a document of that name."""
    kind = rng.choice(TYPES)
    return {
        "type": kind,
        "language": rng.choice(LANGUAGES),
        "author": rng.choice(AUTHORS),
        "date": rng.choice(DATES),
        "path": rng.choice(FOLDERS) + ("books.jsonl" if kind == "record" else name),
    }


# Requests.


def random_requests(rng: random.Random, facts: Mapping[str, Facts]) -> Iterator[Asked]:
    """Ask for ever about documents of which that is known."""
    while True:
        text, meaning = _typed(rng, facts)
        few = rng.randrange(3) == 0
        filters = tuple(random_filter(rng, facts) for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 4))))
        request = Request(
            text,
            limit=rng.choice(LIMITS),
            offset=rng.choice(OFFSETS),
            match=rng.choice(MATCHES),
            budget_ms=60_000,
            filters=filters,
            facets=tuple(rng.sample(FACETS, rng.randint(1, len(FACETS)))) if few else (),
            sort=rng.choice(("score", *SORTS)),
            group=rng.choice(GROUPINGS),
            scope=rng.choice((SCOPES[0], SCOPES[0], *SCOPES)),
        )
        yield Asked(request, meaning)


def random_filter(rng: random.Random, facts: Mapping[str, Facts]) -> str:
    """Give a filter, mostly of what there is."""
    name = rng.choice((*FACETS, "path", "date", "title", "section"))
    values = {
        "type": lambda: rng.choice((*TYPES, "Text", "none")),
        "language": lambda: rng.choice(("en", "ru", "UK", "none")),
        "author": lambda: rng.choice((*AUTHORS[1:], "Austen")),
        "year": lambda: rng.choice(("2022", "2021", "1999", "2020", "1850")),
        "month": lambda: rng.choice(("2022-02", "2021-12", "2020-02", "1999-01")),
        "folder": lambda: rng.choice(("news", "news/old", "newspaper", "books.jsonl", "none")),
        "document": lambda: rng.choice((*facts, "none")),
        "path": lambda: _path(rng, facts),
        "date": lambda: rng.choice(PERIODS),
        "title": lambda: _words(rng),
        "section": lambda: _words(rng),
    }
    return rng.choice(("", "", "-")) + f"{name}:{values[name]()}"


def _path(rng: random.Random, facts: Mapping[str, Facts]) -> str:
    paths = (*(str(own["path"]) for own in facts.values()), "none")
    return rng.choice(("news", "news/old", "newspaper", rng.choice(paths)))


def _words(rng: random.Random) -> str:
    words = " ".join(rng.choices(WORDS, k=rng.choice((1, 1, 2))))
    return rng.choice((words, f'"{words}"'))


# Queries.


def _typed(rng: random.Random, facts: Mapping[str, Facts]) -> tuple[str, Meaning | None]:
    kind = rng.randrange(20)
    if kind == 0:
        return rng.choice(("", " ", "*")), None
    if kind < 9:
        pieces = [strategies.random_query(rng, 1)]
        pieces += [_odd_field(rng, facts) for _ in range(rng.choice((0, 1, 2)))]
        rng.shuffle(pieces)
        return rng.choice((" ", " ", " OR ", " AND ", " -")).join(pieces), None
    return random_meaning(rng, facts)


def _odd_field(rng: random.Random, facts: Mapping[str, Facts]) -> str:
    """Give a field with anything behind it."""
    text = random_filter(rng, facts)
    name, _, value = text.partition(":")
    return rng.choice(
        (
            text,
            f'{name}:"{value}"',
            f"{name}:{value[:2]}*",
            f"{name}:({value})",
            f"{name}:({value} OR {rng.choice(WORDS)})",
            f"({text})^2",
        )
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a query; its `sign` is + or -, or none; what narrows scores nothing."""

    text: str
    tree: query.Query
    narrows: bool = False
    sign: str = ""


def random_meaning(rng: random.Random, facts: Mapping[str, Facts]) -> tuple[str, Meaning]:
    """Give a query in the language, and what it means."""
    parts = [_signed(rng, facts) for _ in range(rng.choice((1, 2, 2, 3, 4)))]
    required = [p.tree for p in parts if p.sign == "+" and not p.narrows]
    plain = [p.tree for p in parts if p.sign == "" and not p.narrows]
    rest = [p.tree for p in parts if p.sign != "-" and p.narrows]
    rest += [query.Not(p.tree) for p in parts if p.sign == "-"]
    if required:
        both = query.AndMaybe(query.And(required), query.Or(plain)) if plain else None
        means = Meaning(query.And([both or query.And(required), *rest]))
    else:
        some = query.And([query.Or(plain), *rest]) if len(plain) > 1 else None
        means = Meaning(query.And([*plain, *rest]), some)
    return " ".join(p.sign + p.text for p in parts), means


def _signed(rng: random.Random, facts: Mapping[str, Facts]) -> _Part:
    if rng.randrange(4) == 0:
        part = _field(rng, facts)
    elif rng.randrange(4) == 0:
        part = _group(rng)
    else:
        part = _leaf(rng)
    return replace(part, sign=rng.choice(("", "", "", "", "+", "-")))


def _group(rng: random.Random) -> _Part:
    parts = [_group(rng) if rng.randrange(5) == 0 else _leaf(rng) for _ in range(rng.randint(2, 3))]
    joint, kind = rng.choice(
        ((" ", query.And), (" AND ", query.And), (" OR ", query.Or), (" OR ", query.Or))
    )
    text = f"({joint.join(part.text for part in parts)})"
    trees = [part.tree for part in parts]
    if joint == " " and rng.randrange(3) == 0:
        return _Part(
            f"{text[:-1]} -war)", query.And([*trees, query.Not(query.Term("text", "war"))])
        )
    if rng.randrange(4) == 0:
        return _Part(f"{text}^0.5", kind(trees, boost=0.5))
    return _Part(text, kind(trees))


def _leaf(rng: random.Random) -> _Part:
    word, other = rng.choice(WORDS), rng.choice(WORDS)
    form, both = word.lower(), [word.lower(), other.lower()]
    near = SpanNear2([query.Term("form", each) for each in both], slop=3, ordered=False)
    at = rng.randrange(len(form))
    part = rng.choice(
        (
            *(_Part(word, query.Term("text", form)),) * 5,
            _Part(f"={word}", query.Term("form", form)),
            _Part(f'"{word}"', query.Term("form", form)),
            *(_Part(f'"{word} {other}"', query.Phrase("form", both)),) * 2,
            _Part(f'"{word} {other}"~2', near),
            _Part(f"{word[:3]}*", query.Prefix("form", form[:3])),
            _Part(f"*{word[at:]}*x*", query.Wildcard("form", f"*{form[at:]}*x*")),
            _Part(f"?{word[1:]}*", query.Wildcard("form", f"?{form[1:]}*")),
            _Part(f"{word}~1", query.FuzzyTerm("form", form, maxdist=1, prefixlength=0)),
            _Part(f"{word}~2", query.FuzzyTerm("form", form, maxdist=2, prefixlength=0)),
            _Part(f"/{word[:2]}.*/", query.Regex("form", f"{form[:2]}.*")),
        )
    )
    if rng.randrange(5) == 0 and part.tree is not near:
        return _Part(f"{part.text}^2", part.tree.with_boost(2.0))
    return part


def _field(rng: random.Random, facts: Mapping[str, Facts]) -> _Part:
    word, other = rng.choice(WORDS), rng.choice(WORDS)
    form, both = word.lower(), [word.lower(), other.lower()]
    name, document = rng.choice(("title", "section")), rng.choice((*facts, "none"))
    path = document.replace("~", "/")
    (text, first, last) = rng.choice(_SPANS)
    tree = rng.choice(
        (
            (f"{name}:{word}", query.Term(name, form)),
            (f'{name}:"{word} {other}"', query.Phrase(name, both)),
            (f"{name}:({word} OR {other})", query.Or([query.Term(name, f) for f in both])),
            ("author:austen", query.Term("author", "austen")),
            ('author:"José Saramago"', query.Phrase("author", ["jose", "saramago"])),
            ("type:Record", query.Term("type", "record")),
            (
                "type:(text OR record)",
                query.Or([query.Term("type", t) for t in ("text", "record")]),
            ),
            ("type:mark*", query.Prefix("type", "mark")),
            ("language:ru", query.Term("language", "ru")),
            (f'document:"{document}"', query.Term("document", document)),
            (f"document:{document[:4]}*", query.Prefix("document", document[:4])),
            ("path:news/", query.Prefix("path", "news")),
            (f'path:"{path}"', query.Prefix("path", path)),
            *((f"date:{text}", query.TermRange("date", first, last)),) * 4,
        )
    )
    return _Part(*tree, narrows=True)


_SPANS = (
    ("2022", "2022-01-01", "2022-12-31"),
    ("2022-02", "2022-02-01", "2022-02-28"),
    ("2020-02", "2020-02-01", "2020-02-29"),
    ("2022-02-10", "2022-02-10", "2022-02-10"),
    ("[2021 TO 2022-02]", "2021-01-01", "2022-02-28"),
    ("[2022-02-01 TO 2022-02-28]", "2022-02-01", "2022-02-28"),
    (">2021", "2022-01-01", None),
    (">=2022-02-10", "2022-02-10", None),
    ("<2022", None, "2021-12-31"),
    ("<=2022-02", None, "2022-02-28"),
)
"""Dates as typed, their first and last days."""
