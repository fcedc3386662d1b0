"""`python -m bench.signatures INDEX`: how well signatures find near-identical paragraphs.

The exact answer is Jaccard's coefficient of the sets of neighbouring stems, over the whole index,
for some paragraphs drawn from it: each has fewer pairs than half of its own in common with what is
less than half like it, so that whatever is more like it has one of the others, of which the rarest
are looked for (prefix filtering: Chaudhuri, Ganti and Kaushik, "A primitive operator for similarity
joins in data cleaning", 2006). Stems are those of the analysis in Python.

Beside what the index holds (MinHash, eight bytes) stands SimHash of the same size (Charikar,
"Similarity estimation techniques from rounding algorithms", 2002; sixty-four bits, as Manku, Jain
and Das Sarma have it in "Detecting near-duplicates for web crawling", 2007).
"""

import argparse
import random
from array import array
from collections import Counter, defaultdict
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bench.__main__ import say
from bench.engines import ROOT
from bench.tables import number, plural, share, table
from index.analysis import analyze
from index.codec.signatures import alike
from index.snapshot import Snapshot
from search.similar import AGREEING

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
Pair = tuple[int, int]
Alike = dict[Pair, int]

LIKE = 0.5
"""From which coefficient on paragraphs count as near-identical."""

DRAWN = 10_000
"""For so many paragraphs the exact answer is worked out."""

PAIRS = 16
"""How many pairs of stems these have at least: shorter ones are often the same by accident."""

BANDS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
BYTES = range(AGREEING, 8)
BITS = (3, 6, 9, 12)
_CHUNK = 1 << 20


class Shingles(NamedTuple):
    """The distinct pairs of neighbouring stems, hashed: those of p are [start[p], start[p + 1])."""

    start: I64
    pair: U64


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m bench.signatures", description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("--drawn", type=int, default=DRAWN)
    given = parser.parse_args()
    text = report(given.index, given.drawn)
    (ROOT / "docs" / "signatures.md").write_text(text, "utf-8")
    print(text)


def report(folder: Path, drawn: int) -> str:
    """Compare what signatures find with the exact answer."""
    snapshot = Snapshot.open(folder)
    shingles = shingles_of(snapshot)
    say(f"{len(shingles.pair):,} pairs of {snapshot.paragraph_count:,} paragraphs")
    enough = np.flatnonzero(np.diff(shingles.start) >= PAIRS).tolist()
    chosen = sorted(random.Random(1).sample(enough, min(drawn, len(enough))))
    exact = exact_answer(shingles, chosen)
    say(f"{len(exact):,} near-identical")
    minhash = np.concatenate([segment.data.signature for segment in snapshot.segments])
    common, apart = _bytes_alike(minhash, chosen), _bits_apart(_simhash(shingles), chosen)
    finders = {
        f"MinHash, {least} of 8 bytes": {pair for pair, n in common.items() if n >= least}
        for least in BYTES
    } | {
        f"SimHash, {most} bits apart": {pair for pair, n in apart.items() if n <= most}
        for most in BITS
    }
    return _told(finders, exact, len(chosen), snapshot.paragraph_count)


def _told(finders: dict[str, set[Pair]], exact: dict[Pair, float], drawn: int, count: int) -> str:
    bands = list(pairwise((*BANDS, 1.01)))
    header = ["found by", *(f"{low:.1f} to {high:.1f}" for low, high in bands[:-1]), "1.0"]
    header += ["recall", "precision", "found a paragraph"]
    rows = []
    for name, found in finders.items():
        recalls = []
        for low, high in bands:
            own = [pair for pair, coefficient in exact.items() if low <= coefficient < high]
            recalls.append(share(len(found.intersection(own)) / len(own)) if own else "–")
        right = len(found & exact.keys())
        rows.append(
            [name, *recalls, share(right / max(len(exact), 1)), share(right / max(len(found), 1)),
             number(len(found) / drawn)]
        )  # fmt: skip
    counts = [sum(low <= c < high for c in exact.values()) for low, high in bands]
    rows.insert(0, ["pairs of paragraphs", *map(str, counts), str(len(exact)), "", ""])
    return (
        "# Signatures\n\nWritten by `python -m bench.signatures INDEX`.\n\n"
        f"{plural(drawn, 'paragraph')} drawn from {count:,} and each paragraph of the index that is"
        f" like it: columns are bands of Jaccard's coefficient of their pairs of stems, from {LIKE}"
        " on, in them the recall. Precision counts what is less alike as wrong; the search compares"
        f" all that it finds (by MinHash, {AGREEING} bytes) text by text.\n\n"
        f"{table(header, rows)}\n"
    )


# What a paragraph is made of.


def shingles_of(snapshot: Snapshot) -> Shingles:
    """Give the pairs of every paragraph, by ordinal."""
    numbers: defaultdict[str, int] = defaultdict(lambda: len(numbers) + 1)
    stems_of = cache(lambda word: [numbers[token.stem] for token in analyze(word)])
    pairs, start = array("Q"), array("q", [0])
    for segment in snapshot.segments:
        for paragraph in range(segment.data.paragraph_count):
            stems = [0]
            for word in segment.data.text(paragraph).split():  # blanks separate, whatever stands by
                stems += stems_of(word)
            pairs.extend({before << 32 | stem for before, stem in pairwise(stems)})
            start.append(len(pairs))
    mixed = np.array(pairs, np.uint64)
    for shift in (33, 29):  # as SplitMix64 mixes
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(0xFF51AFD7ED558CCD)
    return Shingles(np.array(start, np.int64), mixed)


def _of(shingles: Shingles, paragraph: int) -> U64:
    return shingles.pair[shingles.start[paragraph] : shingles.start[paragraph + 1]]


# The exact answer.


def exact_answer(shingles: Shingles, chosen: list[int]) -> dict[Pair, float]:
    """Give the coefficient of each drawn paragraph and each other that is near-identical."""
    wanted: defaultdict[int, list[int]] = defaultdict(list)  # drawn ones by pair
    frequency = _frequencies(
        shingles, np.unique(np.concatenate([_of(shingles, p) for p in chosen]))
    )
    for drawn in chosen:
        own = sorted(_of(shingles, drawn).tolist(), key=lambda pair: (frequency[pair], pair))
        for pair in own[: len(own) - int(LIKE * len(own)) + 1]:
            wanted[pair].append(drawn)
    rare = np.array(sorted(wanted), np.uint64)
    candidates: set[Pair] = set()
    for begin in range(0, len(shingles.pair), _CHUNK):
        part = shingles.pair[begin : begin + _CHUNK]
        places = np.flatnonzero(np.isin(part, rare))
        owners = np.searchsorted(shingles.start, places + begin, "right") - 1
        for pair, owner in zip(part[places].tolist(), owners.tolist(), strict=True):
            candidates.update((drawn, owner) for drawn in wanted[pair] if drawn != owner)
    found = {}
    for drawn, other in candidates:
        one, two = _of(shingles, drawn), _of(shingles, other)
        common = len(np.intersect1d(one, two, assume_unique=True))
        coefficient = common / (len(one) + len(two) - common)
        if coefficient >= LIKE:
            found[drawn, other] = coefficient
    return found


def _frequencies(shingles: Shingles, wanted: U64) -> Counter[int]:
    counts: Counter[int] = Counter()
    for begin in range(0, len(shingles.pair), _CHUNK):
        part = shingles.pair[begin : begin + _CHUNK]
        pairs, times = np.unique(part[np.isin(part, wanted)], return_counts=True)
        counts.update(dict(zip(pairs.tolist(), times.tolist(), strict=True)))
    return counts


# What signatures find.


def _bytes_alike(signature: U64, chosen: list[int]) -> Alike:
    """Give of drawn and other paragraphs how many bytes they have in common, AGREEING or more."""
    found: Alike = {}
    for drawn in chosen:
        others, common = alike(signature, int(signature[drawn]), AGREEING, len(signature))
        pairs = zip(others.tolist(), common.tolist(), strict=True)
        found |= {(drawn, other): count for other, count in pairs if other != drawn}
    return found


def _bits_apart(signature: U64, chosen: list[int]) -> Alike:
    """Give of drawn and other paragraphs how many bits differ, as far as these are few."""
    found: Alike = {}
    for drawn in chosen:
        apart = np.bitwise_count(signature ^ signature[drawn])
        others = np.flatnonzero(apart <= BITS[-1])
        pairs = zip(others.tolist(), apart[others].tolist(), strict=True)
        found |= {(drawn, other): count for other, count in pairs if other != drawn}
    return found


def _simhash(shingles: Shingles) -> U64:
    """Sign paragraphs: a bit is set where it is in more than half of the hashes of the pairs."""
    count = len(shingles.start) - 1
    signature = np.zeros(count, np.uint64)
    at = 0
    while at < count:
        begin = shingles.start[at]
        end = max(int(np.searchsorted(shingles.start, begin + _CHUNK, "right")) - 1, at + 1)
        pairs = shingles.pair[begin : shingles.start[end]]
        some = np.flatnonzero(np.diff(shingles.start[at : end + 1])) + at
        if len(some):
            bits = np.unpackbits(pairs.view(np.uint8)).reshape(-1, 64)
            ones = np.add.reduceat(bits, shingles.start[some] - begin, axis=0, dtype=np.int32)
            most = 2 * ones > np.diff(shingles.start)[some, None]
            signature[some] = np.packbits(most, axis=1).view(np.uint64).ravel()
        at = end
    return signature


if __name__ == "__main__":
    main()
