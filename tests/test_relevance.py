"""`make relevance`: its measures by hand, and a collection from its files to the page written."""

import json
from math import log2

import numpy as np
import pytest
from collections_on_disk import write
from relevance import __main__ as command
from relevance.collection import ranking, read
from relevance.measures import ndcg, p_value, recall, reciprocal_rank

from search.engine import Request
from search.local import Local

RECORDS = [
    {"_id": "r1", "title": "", "text": "A wing in a slipstream.", "doc": "one"},
    {"_id": "r2", "title": "", "text": "Heat in slabs.", "doc": "one"},
    {"_id": "r3", "title": "A wing", "text": "The lift of it in a slipstream: the wing, the wing."},
    {"_id": "r4", "title": "", "text": "A slab of a very great length that is warm."},
]
QUERIES = {"q1": "wing slipstream", "q2": "warm slabs", "q3": "warm wing", "q4": "nobody judged"}
QRELS = [
    ("q1", "r1", 1),
    ("q1", "r2", 0),
    ("q1", "gone", 1),
    ("q2", "r4", 2),
    ("q2", "r2", 1),
    ("q3", "r2", 1),
]


def lines(rows):
    return "".join(f"{row}\n" for row in rows)


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "judged" / "tiny"
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text(lines(map(json.dumps, RECORDS)), "utf-8")
    queries = [json.dumps({"_id": name, "text": text}) for name, text in QUERIES.items()]
    (folder / "queries.jsonl").write_text(lines(queries), "utf-8")
    rows = ["query-id\tcorpus-id\tscore", *("\t".join(map(str, row)) for row in QRELS)]
    (folder / "qrels" / "test.tsv").write_text(lines(rows), "utf-8")
    return tmp_path


# Measures.


def test_ndcg_is_the_discounted_gain_over_that_of_the_best_order():
    judged = {"a": 3, "b": 2, "c": 1}
    found = 2 / log2(2) + 0 / log2(3) + 3 / log2(4)
    best = 3 / log2(2) + 2 / log2(3) + 1 / log2(4)
    assert ndcg(["b", "x", "a"], judged, 10) == pytest.approx(found / best)
    assert ndcg(["b", "x", "a"], judged, 2) == pytest.approx(2 / (3 + 2 / log2(3)))
    assert ndcg(["a", "b", "c"], judged, 10) == 1
    assert ndcg([], judged, 10) == 0


def test_recall_is_the_share_found_of_what_is_relevant():
    judged = {"a": 1, "b": 2, "c": 1, "d": 1}
    assert recall(["x", "a", "b", "c"], judged, 3) == 0.5
    assert recall(["x", "a", "b", "c"], judged, 100) == 0.75


def test_the_reciprocal_rank_is_that_of_the_first_that_is_relevant():
    assert reciprocal_rank(["x", "a", "b"], {"a": 1, "b": 2}, 10) == 0.5
    assert reciprocal_rank(["x", "a"], {"a": 1}, 1) == 0


def test_p_is_the_share_of_signs_that_give_a_mean_as_far_from_0():
    # Of 2^3 signs of three equal differences two give a mean so far off; a 0 says nothing.
    assert p_value(np.array([0.1, 0.1, 0.1, 0, 0])) == pytest.approx(2 / 8, abs=0.02)
    # Of 1, 1, 4 the sum of 4 or more: all but 4 alone against the others, and its mirror image.
    assert p_value(np.array([1.0, -1.0, 4.0])) == pytest.approx(6 / 8, abs=0.02)
    assert p_value(np.zeros(5)) == 1
    assert p_value(np.full(50, -0.01)) < 0.001


# The command.


def test_a_collection_has_what_is_judged_and_there(data):
    tiny = read(data / "judged" / "tiny")
    assert [(one.info.id, len(one.paragraphs)) for one in tiny.documents] == [
        ("one", 3),
        ("r3", 2),
        ("r4", 2),
    ]
    assert tiny.records == {"one:1": "r1", "one:2": "r2", "r3:1": "r3", "r4:1": "r4"}
    assert tiny.judged == {"q1": {"r1": 1}, "q2": {"r4": 2, "r2": 1}, "q3": {"r2": 1}}
    assert tiny.queries == {name: QUERIES[name] for name in ("q1", "q2", "q3")}


def test_every_way_is_measured_as_its_users_ask(data):
    measured = command.measure(read(data / "judged" / "tiny"))
    assert (measured.name, measured.records, measured.whole) == ("tiny", 4, 2)
    # "wing slipstream": r3 (it has the wing twice and in its title), r1. "warm slabs": r4 alone has
    # both words, r2 one. "warm wing": no paragraph has both, and r2 neither.
    second, share = 1 / log2(3), 2 / (2 + 1 / log2(3))
    auto = [[second, share, 0], [1, 0.5, 0], [1, 0.5, 0], [0.5, 1, 0]]
    assert measured.figures["auto"] == pytest.approx(np.array(auto))
    some = [[second, 1, 0], [1, 1, 0], [1, 1, 0], [0.5, 1, 0]]
    assert measured.figures["any"] == pytest.approx(np.array(some))


def test_titles_are_not_ranked(data, tmp_path):
    tiny = read(data / "judged" / "tiny")
    write(tmp_path / "index", tiny.documents)
    engine = Local(tmp_path / "index")
    assert engine.search(Request("wing")).total == 3
    assert ranking(engine, tiny, Request("wing")) == ["r3", "r1"]


def test_the_page_is_written_between_its_marks(data, tmp_path, capsys):
    page = tmp_path / "relevance.md"
    page.write_text("Before.\n<!-- figures -->\nold\n<!-- /figures -->\nAfter.\n", "utf-8")
    assert command.main(["--data", str(data), "--report", str(page)]) == 0
    text = page.read_text("utf-8")
    assert text.startswith("Before.\n<!-- figures -->\n\n|  | records")
    assert "| tiny | 4 | 3 | 2 |" in text
    assert "| tiny | 0.500 | 0.667 | +0.167 | 1.0000 |" in text
    assert text.endswith("|\n\n<!-- /figures -->\nAfter.\n")
    assert "old" not in text
    assert "| tiny | 4 | 3 | 2 |" in capsys.readouterr().out


def test_without_collections_it_says_so_and_fails(tmp_path, capsys):
    assert command.main(["--data", str(tmp_path)]) == 1
    assert f"no judged collections in {tmp_path / 'judged'}" in capsys.readouterr().err
