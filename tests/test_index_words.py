"""The compiled pass finds what the analysis finds."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import example, given
from hypothesis import strategies as st

from index.analysis import analyze
from index.codec.words import PADDING, Words
from index.readers.encoding import decode

TABLE = json.loads((ROOT / "tests/data/analysis.json").read_text("utf-8"))
# What the rules are about, mixed as no text mixes it.
SPECIAL = "aAsSbK1 23.,'’-‐+%#\u00ad\u0301\u200d é日んกㅎ한½²₁①🇬👍ﷺİßfi\u3000。\n３．１"


def found(words: Words, texts: list[str]) -> list[list[tuple[str, int]]]:
    """Give form and position of every token of each text, by way of the compiled pass."""
    encoded = [text.encode() for text in texts]
    starts = np.cumsum([0, *(len(text) + 1 for text in encoded)])
    stream = np.empty(starts[-1], np.uint32)
    text = np.frombuffer(b"\n".join([*encoded, PADDING]), np.uint8)
    first, count = words.cut(text, starts, stream)
    words.analyze(count)
    tokens, forms = words.tokens(), words.forms.lines().decode().split("\n")
    answer = []
    for begin, end in pairwise(first):
        text, position = [], 0
        for word in stream[begin:end].tolist():
            text += [
                (forms[tokens.form[token]], position + int(tokens.position[token]))
                for token in range(tokens.start[word], tokens.start[word + 1])
            ]
            position += int(tokens.positions[word])
        answer.append(text)
    return answer


def analyzed(text: str) -> list[tuple[str, int]]:
    return [(token.form, token.position) for token in analyze(text)]


def same(texts: list[str]) -> None:
    texts = [text.encode(errors="replace").decode() for text in texts]
    assert found(Words(), texts) == [analyzed(text) for text in texts]


def test_the_table_of_the_analysis():
    same([case["text"] for case in TABLE])


@given(st.lists(st.text(st.sampled_from(SPECIAL)), max_size=20))
@example(["C#+", "C++20", "50%+"])
@example(["１,０００", "1,000", "U.S.-led"])
def test_mixtures_of_what_the_rules_are_about(texts):
    same(texts)


@given(st.text(st.sampled_from(SPECIAL), min_size=1, max_size=8), st.text(max_size=70))
@example("é—", "")
@example("U.S.-", "")
@example("don't ", "")
@example("a" * 64, "")
def test_more_than_is_looked_at_in_one_go(text, before):
    same([before + text * 700, text * 700])


@given(st.lists(st.text(), max_size=10))
def test_any_text(texts):
    same(texts)


def test_words_are_numbered_once_over_many_texts():
    words = Words()
    texts = [f"word{i % 700} common Word" for i in range(40_000)]
    assert found(words, texts[:20_000]) == [analyzed(text) for text in texts[:20_000]]
    assert found(words, texts[20_000:]) == [analyzed(text) for text in texts[20_000:]]
    assert len(words.forms) == 702


def test_a_paragraph_larger_than_the_tables():
    text = " ".join(f"w{i}" for i in range(200_000))
    assert found(Words(), [text, "", "last"]) == [analyzed(text), [], [("last", 0)]]


def test_the_samples(data: Path):
    """Real and hostile files, whatever of them is text."""
    texts = []
    for path in sorted((data / "samples").rglob("*")):
        if path.is_file() and path.stat().st_size < 200_000:
            try:
                texts += decode(path.read_bytes()).splitlines()
            except Exception:  # what is no text is no sample here
                continue
    assert len(texts) > 1000
    same(texts)


@pytest.mark.parametrize("language", ["en", "de", "es", "ru", "ar", "zh", "hi"])
def test_every_language(judged, language):
    paragraphs, questions = judged(f"xquad-{language}")
    same(paragraphs + questions)


def test_the_kernels_run_uncompiled():
    program = "import test_index_words as t; t.test_the_table_of_the_analysis()"
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": f"{ROOT}:{ROOT}/tests"}
    subprocess.run(
        [sys.executable, "-W", "error", "-c", program], env=environment, check=True, timeout=120
    )
