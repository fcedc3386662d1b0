"""bm25s with its numba backend, measured: no positions, so words and unions alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bm25s
import Stemmer

from bench.runners.runner import Row, main

WORDS = r"(?u)\b\w+\b"


class Bm25s:
    """The matrix in memory; the texts are kept beside it, so that the disk figure is of both."""

    def __init__(self) -> None:
        self._stemmer = Stemmer.Stemmer("english")

    def version(self) -> str:
        return str(bm25s.__version__)

    def index(self, rows: list[Row], folder: Path, cores: int) -> Callable[[], None]:
        texts = [row[3] for row in rows]
        return lambda: self._index(texts, folder)

    def told(self, folder: Path) -> dict[str, Any]:
        return {}

    def _index(self, texts: list[str], folder: Path) -> None:
        tokens = bm25s.tokenize(
            texts, token_pattern=WORDS, stopwords=[], stemmer=self._stemmer, show_progress=False
        )
        retriever = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
        retriever.index(tokens, show_progress=False)
        retriever.save(folder)
        (folder / "texts.txt").write_text("\n".join(texts), "utf-8")

    def merge(self, folder: Path) -> None:
        raise NotImplementedError("bm25s has nothing to merge")

    def replacer(self, folder: Path) -> Callable[[str, list[Row], str], int]:
        raise NotImplementedError("bm25s builds an index anew for any change")

    def open(self, folder: Path) -> None:
        self._retriever = bm25s.BM25.load(folder, mmap=False)
        self._retriever.backend = "numba"
        self._retriever.activate_numba_scorer()

    def plan(self, command: str, text: str) -> Callable[[], int]:
        if command != "TOP_10":
            raise NotImplementedError(f"bm25s has no {command}")
        return lambda: self._top(text)

    def _top(self, text: str) -> int:
        known = self._retriever.vocab_dict
        stems = [stem for stem in self._stemmer.stemWords(text.split()) if stem in known]
        if not stems:
            return 0
        answer = self._retriever.retrieve([stems], k=10, show_progress=False)
        return int((answer.scores > 0).sum())


if __name__ == "__main__":
    main(Bm25s())
