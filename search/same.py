"""Whether two texts say the same, where they do so, and which of their words differ.

Texts are near-identical where at least half of their pairs of neighbouring stems are in both
(Broder, "On the resemblance and containment of documents", 1997). Otherwise sentences are compared:
two say the same where the words that stand close together in both are rare enough in sum. What
stands close together is the stretch of each with the greatest sum, in which a word of the other
counts what it is worth, and any other word against it (Kadane's algorithm; the order of the words
does not matter, for who rephrases changes it).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby, pairwise

from index.analysis import Token, analyze
from search.engine import Differences, Passage, Span

NEAR = 0.5
"""From which share of pairs in common on texts are near-identical."""

FEW = 4
"""Of fewer pairs in common than so many, all have to be."""

INFORMATION = 2.5
"""How much the words in common are worth, in words that stand in one paragraph alone."""

WORDS = 4
"""How many different words there are to be in common, of those that are worth something."""

WORTH = 0.3
"""What a word is at least worth to count, in words that stand in one paragraph alone."""

AGAINST = 0.13
"""What a word that is not in the other text counts against it, in the same measure."""

MAX_SENTENCES = 64
"""How many sentences of a text are looked at."""

_SENTENCE = re.compile(
    r"(?<=[^\s.][.!?…])(?<!\b[A-Z]\.)(?<!\b(?:Mr|Dr|St|Ms)\.)(?<!\bMrs\.)[\"'”’»)\]]*\s+|[。！？]"
)

Worth = Callable[[str], float]
"""What a stem is worth, 1 for one that stands in one paragraph alone."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and its tokens, with the offsets of the whole text."""

    span: Span
    tokens: tuple[Token, ...]
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class Text:
    """A text as it is compared: its sentences, and its pairs of neighbouring stems."""

    whole: Sentence
    sentences: tuple[Sentence, ...]
    pairs: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, text: str) -> "Text":
        """Take a text apart."""
        tokens = tuple(analyze(text))
        stems = ["", *(token.stem for token in tokens)]
        sentences = tuple(_sentences(text, tokens))[:MAX_SENTENCES]
        return cls(_sentence(Span(0, len(text)), tokens), sentences, frozenset(pairwise(stems)))


@dataclass(frozen=True, slots=True)
class Statement:
    """What two texts both say: `likeness` is how much of it, from 0 to 1, is of the same words."""

    likeness: float
    passages: tuple[Passage, ...]
    differences: Differences


def identical(here: Text, there: Text) -> Statement | None:
    """Find what two near-identical texts both say: the whole of them; None for others."""
    return _statement([(here.whole, there.whole)]) if _near(here, there) else None


def compare(here: Text, there: Text, worth: Worth) -> Statement | None:
    """Find what two texts both say; None where they do not say the same."""
    if whole := identical(here, there):
        return whole
    found = sorted(
        (
            (value, i, j)
            for i, own in enumerate(here.sentences)
            for j, other in enumerate(there.sentences)
            if (value := _in_common(own, other, worth)) >= INFORMATION
        ),
        key=lambda each: (-each[0], each[1:]),
    )
    chosen: list[tuple[int, int]] = []
    for _, i, j in found:
        if all(i != k and j != m for k, m in chosen):
            chosen.append((i, j))
    if not chosen:
        return None
    return _statement([(here.sentences[i], there.sentences[j]) for i, j in sorted(chosen)])


def resemblance(here: Text, there: Text) -> float:
    """Give the share of pairs of neighbouring stems in common among all in either (Jaccard)."""
    common = len(here.pairs & there.pairs)
    return common / max(len(here.pairs) + len(there.pairs) - common, 1)


def _near(here: Text, there: Text) -> bool:
    """Tell whether texts are near-identical; those of few words have to be of the same."""
    few = len(here.pairs & there.pairs) < FEW
    return resemblance(here, there) >= (1 if few else NEAR)


def _in_common(here: Sentence, there: Sentence, worth: Worth) -> float:
    """Give what the words are worth that stand close together in both sentences."""
    common = {stem: worth(stem) for stem in here.stems & there.stems}
    if sum(common.values()) < INFORMATION:
        return 0.0
    densest = [_densest(sentence.tokens, common) for sentence in (here, there)]
    both = [value for stem in densest[0] & densest[1] if (value := common[stem]) >= WORTH]
    return sum(both) if len(both) >= WORDS else 0.0


def _densest(tokens: Sequence[Token], common: dict[str, float]) -> set[str]:
    """Give the words in common in the stretch in which they are worth most."""
    best, total, start, stretch = 0.0, 0.0, 0, range(0)
    for i, token in enumerate(tokens):
        if total <= 0:
            total, start = 0.0, i
        total += common.get(token.stem, 0.0) - AGAINST
        if total > best:
            best, stretch = total, range(start, i + 1)
    return {tokens[i].stem for i in stretch} & common.keys()


# Sentences.


def _sentences(text: str, tokens: Sequence[Token]) -> Iterator[Sentence]:
    """Cut a text where sentences seem to end; those without a word are left out."""
    ends = [match.end() for match in _SENTENCE.finditer(text)]
    bounds = sorted({0, len(text), *ends})
    at = 0
    for start, end in pairwise(bounds):
        first = at
        while at < len(tokens) and tokens[at].start < end:
            at += 1
        if at > first:
            stripped = len(text[start:end].rstrip())
            yield _sentence(Span(start, start + stripped), tuple(tokens[first:at]))


def _sentence(span: Span, tokens: tuple[Token, ...]) -> Sentence:
    return Sentence(span, tokens, frozenset(token.stem for token in tokens))


# Differences.


def _statement(pairs: Sequence[tuple[Sentence, Sentence]]) -> Statement:
    ours: list[Span] = []
    others: list[Span] = []
    common = words = 0
    for own, other in pairs:
        here, there = _counterparts(own.tokens, other.tokens)
        ours += _different(own.tokens, here)
        others += _different(other.tokens, there)
        common += len(here) + len(there)
        words += len(own.tokens) + len(other.tokens)
    return Statement(
        likeness=common / words if words else 1.0,
        passages=tuple(Passage(own.span, other.span) for own, other in pairs),
        differences=Differences(tuple(sorted(ours, key=_start)), tuple(sorted(others, key=_start))),
    )


def _start(span: Span) -> int:
    return span.start


def _counterparts(here: Sequence[Token], there: Sequence[Token]) -> tuple[set[int], set[int]]:
    """Find the words of two texts that are the same by stem; each has one counterpart at most.

    First those in the same order, in stretches as long as possible (Ratcliff and Obershelp, as
    difflib has it), then those that stand elsewhere. Answers their indices in either text.
    """
    stems = [token.stem for token in here], [token.stem for token in there]
    found: tuple[set[int], set[int]] = (set(), set())
    for i, j, size in SequenceMatcher(None, *stems).get_matching_blocks():
        found[0].update(range(i, i + size))
        found[1].update(range(j, j + size))
    left: dict[str, list[int]] = defaultdict(list)
    for j in reversed(range(len(there))):
        if j not in found[1]:
            left[stems[1][j]].append(j)
    for i, stem in enumerate(stems[0]):
        if i not in found[0] and left[stem]:
            found[0].add(i)
            found[1].add(left[stem].pop())
    return found


def _different(tokens: Sequence[Token], common: set[int]) -> Iterator[Span]:
    """Give the stretches of words that are not in common."""
    for alike, group in groupby(enumerate(tokens), key=lambda each: each[0] in common):
        if not alike:
            stretch = [token for _, token in group]
            yield Span(stretch[0].start, max(token.end for token in stretch))
