"""The benchmark's own parts: texts and queries, the runners' protocol, figures and judgement."""

import json
import lzma
import random
import sqlite3
import sys
from dataclasses import replace
from itertools import pairwise

import pytest
from bench import (
    corpus,
    features,
    figures,
    goals,
    process,
    queries,
    questions,
    scaling,
    signatures,
    tables,
)
from bench.engines import Engine
from bench.indexing import Built, build
from bench.latency import Contender, Pace, measure, measure_again
from bench.results import PASSAGE, Results, Row, load, rows_of
from bench.runners.fts5_runner import translated as to_fts5
from bench.runners.passage_runner import documents
from bench.runners.passage_runner import translated as to_passage
from bench.runners.runner import clauses
from collections_on_disk import texts, write

from search.engine import Request
from search.local import Local

BOOKS = [
    {
        "id": "a",
        "title": "The\nWhale",
        "text": "Call me Ishmael.\n\nThe whale is\nwhite.\n \nA sea.",
    },
    {"id": "b", "title": "Sand", "text": "The desert has\tno whale and no sea at all."},
]


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "books.jsonl.xz"
    with lzma.open(path, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(book) + "\n" for book in BOOKS)
    return path


@pytest.fixture
def text(tmp_path, source):
    return corpus.prepare(tmp_path, source, 100, whole=True)


# Texts.


def test_paragraphs_are_lines_parted_by_blank_lines_of_the_book(text, source):
    assert list(corpus.rows(text.paragraphs)) == [
        ["a", "The Whale", "1", "Call me Ishmael."],
        ["a", "The Whale", "2", "The whale is white."],
        ["a", "The Whale", "3", "A sea."],
        ["b", "Sand", "1", "The desert has no whale and no sea at all."],
    ]
    assert (text.documents, text.count, text.bytes) == (2, 4, 16 + 19 + 6 + 42)
    assert text.file == source


def test_copies_of_the_books_have_other_long_words(tmp_path, source):
    copies = lambda records: scaling.repeated(records, 3)  # noqa: E731  # as the command has it
    text = corpus.prepare(tmp_path, source, 10, False, copies)
    assert [row[0] for row in corpus.rows(text.paragraphs)] == [
        *"aaab",
        *["a-1"] * 3,
        "b-1",
        *["a-2"] * 2,
    ]
    found = [row[3] for row in corpus.rows(text.paragraphs)]
    assert (found[4], found[8]) == ("Call me Jtinbfm.", "Call me Kujocgn.")
    assert found[7] == "The desert has no whale and no sea at all."


def test_a_beginning_is_cut_within_a_book_and_written_as_a_file_of_its_own(tmp_path, source):
    cut = corpus.prepare(tmp_path, source, 2, whole=False)
    assert (cut.documents, cut.count) == (1, 2)
    assert json.loads(cut.file.read_text("utf-8"))["text"].count("\n\n") == 1


def test_without_books_words_are_made_up_always_the_same(tmp_path):
    made = [
        corpus.prepare(folder, tmp_path / "absent", 30, whole=True)
        for folder in (tmp_path / "1", tmp_path / "2")
        if not folder.mkdir()
    ]
    assert all(each.is_generated and each.count == 30 for each in made)
    assert made[0].paragraphs.read_bytes() == made[1].paragraphs.read_bytes()


def test_the_document_to_replace_is_the_smallest_that_is_large_enough(tmp_path, text):
    rows = tmp_path / "rows.tsv"
    assert corpus.to_replace(text.paragraphs, rows, count=2) == "a"
    assert len(list(corpus.rows(rows))) == 2
    assert corpus.to_replace(text.paragraphs, rows, count=9) == "a"  # none is: the largest


# Queries.


def test_queries_of_the_file_are_told_apart_by_their_tags(tmp_path):
    path = tmp_path / "queries.jsonl"
    lines = [
        {"query": "the", "tags": ["term"]},
        {"query": "Griffith observatory", "tags": ["union", "global"]},
        {"query": "+climate policy", "tags": ["intersection_union"]},
    ]
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    found = [(query.kind, query.text) for query in queries.from_benchmark(path)]
    assert found == [
        *(("term", "the"), ("term", "griffith"), ("term", "observatory")),
        *(("OR", "griffith observatory"), ("must+should", "+climate policy")),
    ]
    assert queries.from_benchmark(tmp_path / "absent") == []


def test_runs_of_words_are_phrases_of_the_text(text):
    found = queries.from_text(corpus.rows(text.paragraphs), text.count)
    phrases = [query.text.strip('"') for query in found if query.kind == "phrase"]
    whole = text.paragraphs.read_text("utf-8").lower()
    assert len(phrases) == 3
    assert all(phrase in whole for phrase in phrases)
    assert {len(phrase.split()) for phrase in phrases} == {2, 3}


@pytest.mark.parametrize(
    ("typed", "passage", "fts5"),
    [
        ("sea", "sea", '("sea")'),
        ("a sea", "a OR sea", '("a" OR "sea")'),
        ("+a +sea", "+a +sea", '("a" AND "sea")'),
        ('"a sea"', '"a sea"', '("a sea")'),
        ("+a -sea -sand", "+a -sea -sand", '("a") NOT "sea" NOT "sand"'),
        ('+"a sea" +sand', '+"a sea" +sand', '("a sea" AND "sand")'),
    ],
)
def test_queries_are_translated_before_the_clock_starts(typed, passage, fts5):
    assert to_passage(clauses(typed)) == passage
    assert to_fts5(clauses(typed)) == fts5


def test_the_title_is_paragraph_0_for_passage(text):
    whale, sand = documents(corpus.rows(text.paragraphs))
    assert [p.text for p in sand.paragraphs] == [
        "Sand",
        "The desert has no whale and no sea at all.",
    ]
    assert [p.number for p in whale.paragraphs] == [0, 1, 2, 3]
    assert whale.info.paragraphs == 3


# Runners; SQLite is always there.


@pytest.fixture
def fts5():
    if "ENABLE_FTS5" not in {
        row[0] for row in sqlite3.connect(":memory:").execute("pragma compile_options")
    }:
        pytest.skip("this SQLite has no FTS5")
    return Engine("SQLite FTS5", (sys.executable, "-m", "bench.runners.fts5_runner"), cores=(1,))


QUERIES = [
    queries.Query("runs", "term", 0, "whale"),
    queries.Query("runs", "AND", 0, "+whale +sea"),
    queries.Query("runs", "OR", 0, "ishmael sea"),
    queries.Query("runs", "phrase", 0, '"no sea"'),
]
TOTALS = {"term": 2, "AND": 1, "OR": 3, "phrase": 1}


def test_an_engine_is_built_measured_and_asked(tmp_path, text, fts5):
    measured_whole = replace(fts5, is_measured_whole=True)
    (built,) = build([measured_whole], text, tmp_path, "whale", print)
    assert built.failures == []
    assert built.parts.keys() == {".db"}
    assert 0 < built.by_cores["1"]["seconds"] <= built.by_cores["1"]["settled"]
    assert len(built.replace) == 3 * 5
    server = process.Server((*fts5.command, "serve", built.folder), tmp_path / "log.txt")
    contenders = [Contender("SQLite FTS5", fts5, server)]
    pace = Pace(rounds=2, warm=0, slow_rounds=2, slow_seconds=9, again=3)
    latencies = measure(contenders, QUERIES, pace)
    measure_again(contenders, [("COUNT", QUERIES[0])], pace, latencies)
    server.close()
    totals = {row.kind: row.total for row in rows_of(latencies) if row.command == "COUNT"}
    assert (latencies.failures, totals) == ({}, TOTALS)
    rounds = {
        key.query.kind: len(ns) for key, ns in latencies.rounds.items() if key.command == "COUNT"
    }
    assert rounds == {"term": 3, "AND": 2, "OR": 2, "phrase": 2}


def test_a_runner_that_fails_is_left_out_with_its_last_words(tmp_path, fts5):
    log = tmp_path / "log.txt"
    with pytest.raises(process.Failed, match="no such"):
        process.run((*fts5.command, "first", tmp_path, "whale"), log)
    server = process.Server((*fts5.command, "serve", tmp_path), log)
    pace = Pace(rounds=1, warm=0, slow_rounds=1, slow_seconds=9, again=1)
    latencies = measure([Contender("it", fts5, server)], QUERIES, pace)
    server.close()
    assert "no such table" in latencies.failures["it"]
    assert not latencies.rounds


# Figures.


def row(engine, us, kind="AND", command="TOP_10", *, number=0, total=7):
    return Row(engine, command, "runs", kind, number, "+a +b", total, us)


def test_percentiles_are_the_nearest_rank():
    spread = figures.spread(range(1, 201))
    assert (spread.count, spread.p50, spread.p90, spread.p99) == (200, 100, 180, 198)
    assert spread.mean == pytest.approx(100.5)
    assert figures.spread([5.0]).p99 == 5


def test_a_query_falls_short_beyond_half_as_much_again_and_20_microseconds():
    peers = [row("Tantivy", 100), row("Lucene", 200), row("bm25s", 1)]
    assert figures.shortfalls([*peers, row(PASSAGE, 170)]) == []
    assert len(figures.shortfalls([*peers, row(PASSAGE, 171)])) == 1


def test_a_peer_that_answers_another_question_is_not_a_querys_peer():
    def found(engine, total):
        return row(engine, 30, command="TOP_10_COUNT", total=total)

    rows = [row("Tantivy", 10), row("Lucene", 100), row(PASSAGE, 100), found(PASSAGE, 9)]
    assert len(figures.shortfalls([*rows, found("Tantivy", 10), found("Lucene", 9)])) == 1
    apart = [*rows, found("Tantivy", 51), found("Lucene", 9)]
    assert figures.shortfalls(apart) == []
    assert [pair.peer for pair in figures.pairs(apart) if pair.row.command == "TOP_10"] == [100]
    assert [pair.peer for pair in figures.pairs(apart, alike=1)] == [10, 30]
    neither = [*rows, found("Tantivy", 51), found("Lucene", 0)]
    assert figures.pairs(neither) == []


def results(*rows, built=()):
    text = {"name": "books", "file": "books", "documents": 2, "paragraphs": 4, "bytes": 83}
    machine = {"processor": "a", "cores": "2", "memory": "1 GB", "system": "b", "one core": "c"}
    text |= {"is_generated": False, "file_bytes": 9}
    return Results("make bench", "2026-01-01", machine, text, 1, 1.0, tuple(built), rows, 0, {})


def of(name, seconds, size):
    by_cores = {"1": {"seconds": seconds, "settled": seconds}}
    return Built(name, "1", 30_000_000, "x", by_cores, disk=size, replace=[seconds])


def judged(result):
    return {goal.name: (goal.limit, goal.is_reached) for goal in goals.goals(result)}


def test_goals_are_judged_by_the_better_peer():
    built = [of(PASSAGE, 1, 31_000_000), of("Tantivy", 3, 1), of("Lucene", 6, 1)]
    rows = [row(PASSAGE, 65), row("Tantivy", 100), row("Lucene", 120)]
    found = judged(results(*rows, built=built))
    assert found["indexing, MB/s, 1 core"] == ("30.0", True)
    assert found["whole index / text"] == ("1.00", False)
    assert found["replace 1,000 paragraphs, s"] == ("3.00", True)
    assert found["top 10, AND, runs of words: mean, µs"] == ("65.0", True)
    assert found["top 10, AND, runs of words: p99, µs"] == ("85.0", True)
    assert judged(results(row(PASSAGE, 66), *rows[1:], built=built))[
        "top 10, AND, runs of words: mean, µs"
    ] == ("65.0", False)


def test_nothing_is_judged_without_a_peer():
    assert goals.goals(results(row(PASSAGE, 1), built=[of(PASSAGE, 1, 1)])) == []


def test_results_are_kept_whole(tmp_path):
    before = results(row(PASSAGE, 1.5), built=[of(PASSAGE, 1, 1)])
    before.save(tmp_path / "results.json")
    assert load(tmp_path / "results.json") == before


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1234, "0.123"), (9.876, "9.88"), (12.34, "12.3"), (1234.5, "1,234")],
)
def test_numbers_have_the_digits_they_deserve(value, text):
    assert tables.number(value) == text


def test_the_report_is_written_and_its_head_stands_in_the_readme(tmp_path):
    pytest.importorskip("matplotlib")
    from bench.report import write as write_report  # noqa: PLC0415  # only where the drawing library is

    engines = (PASSAGE, "Tantivy", "Lucene")
    commands = ("TOP_10", "TOP_10_COUNT", "COUNT")
    rows = [
        row(name, 10.0 + number, kind, command, number)
        for name in engines
        for command in commands
        for kind in ("term", "AND", "OR", "phrase")
        for number in range(3)
    ]
    built = [of(name, 1, 10) for name in engines]
    readme = tmp_path / "README.md"
    readme.write_text("a\n<!-- bench -->\nold\n<!-- /bench -->\nb\n", "utf-8")
    write_report(results(*rows, built=built), tmp_path / "docs", readme)
    report = (tmp_path / "docs" / "benchmarks.md").read_text("utf-8")
    assert "| Passage | 3 | 11.0 | 12.0 | 12.0 | 11.0 | 1.00 | 1.00 |" in report
    assert all(f"]({path.name})" in report for path in (tmp_path / "docs").glob("*.svg"))
    text = readme.read_text("utf-8")
    assert text.startswith("a\n<!-- bench -->\n")
    assert "old" not in text
    assert "| top 10, AND, mean µs | 11.0 | 11.0 | 11.0 |" in text


# Features.

TREATIES = "the ministers discussed several treaties about colour without result"
OTHERS = "color photographs show every minister beside broken windows"
STATEMENT = (
    "Nothing that was said in the old house by the river on that long evening changed what they all"
    " believed"
)


@pytest.fixture
def talks(tmp_path):
    first = texts("a", "talks", TREATIES, OTHERS, "too few", STATEMENT)
    return write(tmp_path, [first, texts("b", "again", STATEMENT, TREATIES.upper())])


def test_questions_are_drawn_of_every_kind_and_the_same_again(talks, tmp_path):
    path = tmp_path / "queries.jsonl"
    path.write_text(json.dumps({"query": "+treaties +absent", "tags": ["intersection"]}), "utf-8")
    pools = questions.drawn(talks, path, 30)
    assert pools == questions.drawn(talks, path, 30)
    found = {name: {each.text for each in pool} for name, pool in pools.items()}
    assert "+treaties +absent" not in found["queries"]  # nothing has both
    assert {each.total for each in pools["queries"]} & {2, 3}
    assert all(len(each.words) == 4 for each in pools["runs"])
    assert found["spellings"] == {"colour", "color"}
    engine = Local(tmp_path)
    assert all(engine.search(Request(each)).relaxed for each in found["scattered"])
    assert found["repeated"] == {"a:4", "b:1"}
    words = set(f"{TREATIES} {OTHERS} {STATEMENT}".lower().split())
    assert not words & {each.split()[0] for each in found["misspelt"]}
    assert all(any(word.startswith(each.split()[-1]) for word in words) for each in found["typed"])


ANSWERED = {
    "words that no paragraph has together": lambda page: page.relaxed,
    "scope=document": lambda page: page.total and not page.relaxed,
    "did you mean": lambda page: "spelling" in {each.kind for each in page.suggestions},
    "other spellings": lambda page: "variant" in {each.kind for each in page.suggestions},
    "suggestions": lambda completions: completions,
    "similar paragraphs": lambda similar: similar.hits,
    "the same statement elsewhere": lambda similar: similar.hits[0].kind == "same",
    f"export, the first {features.EXPORTED:,} as JSON lines": lambda length: length > 100,
    "with explanations": lambda page: page.hits[0].explanation,
    "grouped by document": lambda page: page.groups,
    "totals and every facet": lambda page: len(page.facets) == 7,
}


@pytest.mark.parametrize("feature", features.CLASSES, ids=lambda each: each.name)
def test_every_class_of_features_is_answered(talks, tmp_path, feature):
    engine, asked = Local(tmp_path), questions.drawn(talks, tmp_path / "absent", 20)[feature.pool]
    answers = [feature.ask(engine, question) for question in asked]
    assert any(map(ANSWERED.get(feature.name, lambda page: page.total), answers))
    assert feature.beside in {"", *(each.name for each in features.CLASSES)}


def test_features_are_measured_and_set_beside_others(talks, tmp_path):
    measured = features.measure(tmp_path, tmp_path / "absent", features.Pace(2, 60))
    assert {len(took) for took in measured.values()} == {2}
    assert "| sloppy phrase | 2 | " in features.report(measured)
    took = {"a page": [2, 4, 90], "sorted by date": [6.0, 6.0]}
    (row,) = (line for line in features.report(took).splitlines() if "sorted by" in line)
    assert row == "| sorted by date | 2 | 6.00 | 6.00 | 6.00 | 3.00 | 1.50 | a page |"


def test_a_class_that_had_its_time_is_asked_no_more(talks, tmp_path):
    measured = features.measure(tmp_path, tmp_path / "absent", features.Pace(30, 0))
    assert {len(took) for took in measured.values()} == {0}
    assert features.report(measured).endswith("---: |")


def test_a_text_without_words_is_asked_nothing(tmp_path):
    snapshot = write(tmp_path, [texts("a", "—", "a b c")])
    assert questions.drawn(snapshot, tmp_path / "absent", 5)["runs"] == []


# Signatures.


def test_the_exact_answer_is_that_of_brute_force(tmp_path):
    rng = random.Random(4)
    words = [f"word{i}" for i in range(60)]
    paragraphs = [rng.choices(words, k=rng.randrange(2, 30)) for _ in range(60)]
    for original in paragraphs[:40]:
        paragraphs += [[w if rng.random() < 0.9 else rng.choice(words) for w in original]]
    document = texts("a.txt", "Title", *map(" ".join, paragraphs))
    shingles = signatures.shingles_of(write(tmp_path, [document]))
    pairs = [set(pairwise(["", *words])) for words in [["title"], *paragraphs]]
    expected = {
        (drawn, other): len(pairs[drawn] & pairs[other]) / len(pairs[drawn] | pairs[other])
        for drawn in range(1, 41)
        for other in range(len(pairs))
        if other != drawn
    }
    expected = {pair: share for pair, share in expected.items() if share >= signatures.LIKE}
    assert len(expected) > 20
    assert signatures.exact_answer(shingles, list(range(1, 41))) == expected


def test_signatures_are_judged_by_the_exact_answer(tmp_path):
    same = " ".join(f"word{i}" for i in range(40))
    write(tmp_path, [texts("a.txt", "Title", same, same, " ".join(f"w{i}" for i in range(40)))])
    rows = [line.split(" | ") for line in signatures.report(tmp_path, 9).splitlines()]
    judged = {row[0].removeprefix("| "): row[7:9] for row in rows if len(row) > 8}
    assert judged["MinHash, 7 of 8 bytes"] == judged["SimHash, 3 bits apart"] == ["1.00", "1.00"]
