"""Trees with fields against predicates in plain Python, on random documents in several segments."""

import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from collections_on_disk import as_document, commit, texts
from whoosh import query

from index.codec.facts import FIELDS, folder_of
from index.model import Document
from search import filters
from search.documents import Documents
from search.engine import FACETS, Request
from search.errors import BadFilter
from search.execute import execute
from search.local import Local

TYPES = ("text", "markdown", "record")
LANGUAGES = (None, "en", "RU", "")
AUTHORS = (None, "Jane Austen", "Austen-Leigh, Jane", "José Saramago", "")
DATES = (None, "2022-02-10", "2022-02", "2022", "2021-12-31", "1999")
PATHS = ("a.txt", "news/a.txt", "news/old/a.txt", "newspaper/a.txt", "books.jsonl")
WORDS = ("war", "peace", "talks", "treaty", "and")


def random_document(rng: random.Random, name: str) -> Document:
    some = [" ".join(rng.choices(WORDS, k=rng.randint(1, 4))) for _ in range(rng.randint(1, 6))]
    lines = [f"# {text}" if n and rng.random() < 0.3 else text for n, text in enumerate(some)]
    plain = as_document(texts(name, *lines))
    known = replace(
        plain.info,
        type=rng.choice(TYPES), language=rng.choice(LANGUAGES), author=rng.choice(AUTHORS),
        date=rng.choice(DATES), path=rng.choice(PATHS),
    )  # fmt: skip
    return Document(known, plain.paragraphs)


def leaves(rng: random.Random):
    """Give a field, and what tells of an info, a title's words and a section's whether it is so."""
    word, other = rng.choice(WORDS), rng.choice(WORDS)
    kind, author = rng.choice(TYPES), rng.choice(AUTHORS[1:4])
    folder = rng.choice(("news", "news/old", "newspaper", "books.jsonl", "none"))
    year = rng.choice(("1999", "2021", "2022"))
    both = [word, other]
    return rng.choice(
        (
            (query.Term("type", kind), lambda i, t, s: i.type == kind),
            (query.Term("language", "ru"), lambda i, t, s: i.language == "RU"),
            (query.Prefix("type", kind[:2]), lambda i, t, s: i.type.startswith(kind[:2])),
            (query.TermRange("author", author, author), lambda i, t, s: i.author == author),
            (query.Term("author", "austen"), lambda i, t, s: "Austen" in (i.author or "")),
            (query.Phrase("author", ["jane", "austen"]), lambda i, t, s: i.author == AUTHORS[1]),
            (query.Term("document", "d3"), lambda i, t, s: i.id == "d3"),
            (query.Prefix("document", "d1"), lambda i, t, s: i.id.startswith("d1")),
            (
                query.Prefix("path", folder),
                lambda i, t, s: f"{folder_of(i)}/".startswith(f"{folder}/"),
            ),
            (
                query.TermRange("date", f"{year}-01-01", f"{year}-12-31"),
                lambda i, t, s: (i.date or "").startswith(year),
            ),
            (
                query.TermRange("date", None, "2022-02-10"),
                lambda i, t, s: i.date in ("2022-02-10", "2021-12-31", "1999"),
            ),
            (query.TermRange("date", None, None), lambda i, t, s: i.date is not None),
            (query.Term("title", word), lambda i, t, s: word in t.split()),
            (query.Phrase("title", both), lambda i, t, s: tuple(both) in pairwise(t.split())),
            (query.Term("section", word), lambda i, t, s: word in s.split()),
            (query.And([query.Term("section", word), query.Term("title", other)]),
             lambda i, t, s: word in s.split() and other in t.split()),
            (query.Phrase("section", both), lambda i, t, s: tuple(both) in pairwise(s.split())),
        )
    )  # fmt: skip


def random_tree(rng: random.Random, depth: int = 2):
    if not depth or rng.random() < 0.3:
        return leaves(rng)
    (a, in_a), (b, in_b) = random_tree(rng, depth - 1), random_tree(rng, depth - 1)
    return rng.choice(
        (
            (query.And([a, b]), lambda *x: in_a(*x) and in_b(*x)),
            (query.Or([a, b]), lambda *x: in_a(*x) or in_b(*x)),
            (query.Not(a), lambda *x: not in_a(*x)),
        )
    )


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    rng, folder = random.Random(5), tmp_path_factory.mktemp("fields")
    documents = [random_document(rng, f"d{n}") for n in range(60)]
    for first in range(0, 60, 15):
        snapshot = commit(folder, documents[first : first + 15])
    snapshot = commit(folder, [], ["d5", "d33"])
    return folder, snapshot, {document.info.id: document for document in documents}


def rows(collection):
    """Give of each live paragraph its ordinal, info, title, section and text."""
    _, snapshot, documents = collection
    ordinal = 0
    for segment in snapshot.segments:
        for number in range(segment.data.document_count):
            document = documents[segment.data.info(number).id]
            section = ""
            for paragraph in document.paragraphs:
                section = paragraph.text if paragraph.kind == "heading" else section
                if document.info.id not in ("d5", "d33"):
                    yield ordinal, document.info, document.paragraphs[0].text, section, paragraph
                ordinal += 1


def test_random_trees(collection):
    rng, every = random.Random(7), list(rows(collection))
    _, snapshot, _ = collection
    for _ in range(400):
        tree, tells = random_tree(rng)
        assert filters.only(tree)
        wanted = [o for o, info, title, section, _ in every if tells(info, title, section)]
        found = execute(snapshot, tree, documents=True)
        assert found.ordinals.tolist() == wanted, tree
        assert not found.scores.any()
        assert found.total == len(wanted)


def test_words_with_fields_score_as_without(collection):
    rng, every = random.Random(9), list(rows(collection))
    _, snapshot, _ = collection
    for round_ in range(300):
        tree, tells = random_tree(rng)
        words = rng.choice(
            (
                query.Term("text", "war"),
                query.And([query.Term("text", "war"), query.Term("text", "and")]),
                query.Or([query.Term("text", "war"), query.Term("text", "treaty")]),
                query.Phrase("form", ["war", "and"]),
                query.Prefix("form", "t"),
            )
        )
        alone = execute(snapshot, words)
        passing = {o for o, info, title, section, _ in every if tells(info, title, section)}
        k = (None, 3, 20)[round_ % 3]
        found = execute(snapshot, query.And([words, tree]), k, documents=True)
        wanted = [
            (o, s)
            for o, s in zip(alone.ordinals.tolist(), alone.scores.tolist(), strict=True)
            if o in passing
        ]
        both = list(zip(found.ordinals.tolist(), found.scores.tolist(), strict=True))
        assert both == wanted[:k], (words, tree)
        assert found.total == len(wanted)
        bits = np.concatenate(
            [
                np.unpackbits(hits.view(np.uint8), bitorder="little")[: s.data.paragraph_count]
                for hits, s in zip(found.hits, snapshot.segments, strict=True)
            ]
        )
        assert np.flatnonzero(bits).tolist() == sorted(o for o, _ in wanted)


def test_columns_outlive_merges(collection):
    folder, snapshot, documents = collection
    merged = commit(folder, [], [f"d{n}" for n in range(7)])
    assert merged.segments[0].data.document_count < snapshot.segments[0].data.document_count
    columns = Documents(merged.segments)
    for segment in merged.segments:
        for number in range(segment.data.document_count):
            info = documents[segment.data.info(number).id].info
            if not segment.is_live(number):
                continue
            wanted = {
                "type": info.type, "language": (info.language or "").lower(),
                "author": info.author or "", "folder": folder_of(info), "date": info.date or "",
            }  # fmt: skip
            place = columns.find(info.id)
            for field in FIELDS:
                column = columns.column(field)
                of = int(column.number[place])
                assert (column.values[of] if of >= 0 else "") == wanted[field]


@pytest.mark.parametrize(
    "text",
    ["", ":", "text", "kind:text", "type:", "-type: ", "--type:text", "date:soon", "date:2022-13",
     "year:22", "month:2022", "title:!!", "path:/", "date:[2022 TO]", "year:>202"],
)  # fmt: skip
def test_what_is_no_filter_is_refused(text, collection):
    with pytest.raises(BadFilter, match="is no filter") as refused:
        Local(collection[0]).search(Request("war", filters=(text,)))
    assert refused.value.filter == text


def test_too_many_filters_are_refused():
    many = [f"document:{n}" for n in range(filters.MAX_FILTERS)]
    assert len(filters.read(many)) == filters.MAX_FILTERS
    with pytest.raises(BadFilter, match="more than 100"):
        filters.read([*many, "type:text"])


def test_an_empty_index_has_empty_facets(tmp_path):
    commit(tmp_path, [])
    page = Local(tmp_path).search(Request("war", facets=FACETS, filters=("type:text",)))
    assert [facet.values for facet in page.facets] == [()] * len(FACETS)
    for request in (Request("war", sort="date:desc"), Request("war", group="document")):
        page = Local(tmp_path).search(request)
        assert (page.hits, page.groups) == ((), ())
    assert list(Local(tmp_path).export(Request("war", sort="document"))) == []


def test_the_most_frequent_values_are_given_and_those_chosen(tmp_path):
    documents = [
        texts(f"f{n:02}.txt", "Title", *["war"] * (40 - n if n < 35 else 1)) for n in range(40)
    ]
    commit(tmp_path, documents)
    request = Request("war", facets=("document",), filters=("document:f39.txt",))
    (facet,) = Local(tmp_path).search(request).facets
    assert [value.value for value in facet.values] == [
        *(f"f{n:02}.txt" for n in range(20)),
        "f39.txt",
    ]
    assert [value.count for value in facet.values] == [*range(40, 20, -1), 1]
    assert [value.selected for value in facet.values] == [False] * 20 + [True]
    assert facet.values[0].label == "Title"
    assert facet.more == 20


def test_a_chosen_value_is_given_even_where_nothing_is_found_with_it(collection):
    chosen = ("folder:./news/", "type:TEXT", "language:ru")
    request = Request("nothing", filters=chosen, facets=("folder", "type", "language"))
    page = Local(collection[0]).search(request)
    said = {
        facet.name: [(v.value, v.count, v.selected) for v in facet.values] for facet in page.facets
    }
    assert said == {
        "folder": [("news", 0, True)], "type": [("text", 0, True)], "language": [("ru", 0, True)],
    }  # fmt: skip
    (facet,) = (
        Local(collection[0])
        .search(Request("war", filters=("folder:new",), facets=("folder",)))
        .facets
    )
    assert "new" not in [value.value for value in facet.values]
