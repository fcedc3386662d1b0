"""Which words are taken for spellings of one: precision and recall on pairs of the books' words.

The pairs of `data/variants.json` are words of the 840 books of the benchmark: spellings that
British and American English, older English and transliteration have of one word or name
(`variants`), and words that only look alike (`others`); each is a word or, where the books write
both with a capital, a name. The list was thought of beside the rules, by the same hand, and kept
where the books have both; then the rules were mended by what they missed of it. So its figures are
those of a list that the rules were made with, not of one that they had never seen.
`python tests/test_search_variants.py` prints them.
"""

import json
import tempfile
from pathlib import Path

import pytest

if __name__ == "__main__":
    import sys

    sys.path.insert(0, str(Path(__file__).parents[1]))

from collections_on_disk import texts, write

from index.snapshot import Snapshot
from search import variants
from search.engine import Request
from search.local import Local

PAIRS = json.loads((Path(__file__).parent / "data" / "variants.json").read_text("utf-8"))


def index(folder: Path) -> Snapshot:
    """Write each word of the pairs as the books do: small, or with a capital."""
    written = {
        word: word.capitalize() if kind == "name" else word
        for pairs in PAIRS.values()
        for one, other, kind in pairs
        for word in (one, other)
    }
    paragraphs = [f"here is {word} again" for word in written.values()]
    return write(folder, [texts("words.txt", "title", *paragraphs)])


def found(snapshot: Snapshot, pairs: list[list[str]]) -> list[str]:
    """Give the pairs of which one is offered for the other."""
    return [
        f"{one}/{other}"
        for one, other, _ in pairs
        if other in variants.variants(snapshot, one) or one in variants.variants(snapshot, other)
    ]


def figures(snapshot: Snapshot) -> tuple[float, float, list[str], list[str]]:
    """Give precision, recall, what was missed, and what was wrong."""
    right = found(snapshot, PAIRS["variants"])
    wrong = found(snapshot, PAIRS["others"])
    missed = {f"{one}/{other}" for one, other, _ in PAIRS["variants"]} - set(right)
    precision = len(right) / (len(right) + len(wrong))
    return precision, len(right) / len(PAIRS["variants"]), sorted(missed), wrong


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory) -> Snapshot:
    return index(tmp_path_factory.mktemp("variants"))


def test_there_are_pairs_enough():
    assert min(map(len, PAIRS.values())) >= 100


def test_precision_and_recall(snapshot):
    precision, recall, missed, wrong = figures(snapshot)
    assert precision >= 0.95, wrong
    assert recall >= 0.75, missed


@pytest.mark.parametrize(
    ("one", "other"),
    [("colour", "color"), ("defence", "defense"), ("philip", "phillip"), ("gypsy", "gipsy")],
)
def test_variants_are_of_each_other(snapshot, one, other):
    assert other in variants.variants(snapshot, one)
    assert one in variants.variants(snapshot, other)


@pytest.mark.parametrize("form", ["", "cat", "xxxiii", "москва", "c++", "nowhere", "x" * 200])
def test_what_has_no_variants(snapshot, form):
    assert variants.variants(snapshot, form) == ()


def test_a_spelling_a_thousand_times_rarer_is_not_offered(tmp_path):
    paragraphs = ["a colour"] * 1001 + ["a color"]
    assert variants.variants(write(tmp_path, [texts("a.txt", "t", *paragraphs)]), "colour") == ()


def test_over_several_segments(tmp_path):
    documents = [texts(f"{n}.txt", "t", f"Mr {n} came.") for n in ("Shoigu", "Shoygu", "Shoigoo")]
    snapshot = write(tmp_path, documents, segments=3)
    assert variants.variants(snapshot, "shoigu") == ("shoigoo", "shoygu")
    (offer,) = Local(tmp_path).search(Request("shoigu")).suggestions
    assert (offer.kind, offer.text, offer.total) == ("variant", "shoigu OR shoigoo OR shoygu", 3)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        precision, recall, missed, wrong = figures(index(Path(folder)))
    print(f"{len(PAIRS['variants'])} variants, {len(PAIRS['others'])} others")
    print(f"precision {precision:.3f}, recall {recall:.3f}")
    print("missed:", *missed)
    print("wrong:", *wrong)
