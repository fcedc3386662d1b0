"""The report's part on indexing: speed, memory, size, change, opening."""

from bench.goals import rate
from bench.indexing import ROUNDS, Built
from bench.results import PASSAGE, Results
from bench.tables import maybe, megabytes, number, share, table


def indexing(results: Results) -> str:
    """Give speed and memory."""
    header = (
        "engine",
        "MB of text",
        *("MB/s, 1 core", "memory, MB", "MB/s, 2 cores", "memory, MB"),
        *("until merges rest, 1 core", "2 cores", "merge into one, s"),
    )
    return (
        "From paragraphs in memory to the end of the commit, MB of text a second; "
        f"{results.machine['one core']}. Passage has its compiled loops loaded before (0.2 s), as "
        f"binaries have theirs. Passage, Tantivy and Lucene take turns, {ROUNDS} times, "
        "and medians count; the others index once. Memory is the peak of the process, those "
        "paragraphs included. Every engine is given the same and keeps title and body, positions "
        "and texts (bm25s has no positions).\n\n" + table(header, map(_indexing_row, results.built))
    ) + _from_file(results)


def _indexing_row(built: Built) -> tuple[str, ...]:
    cells = [built.name, megabytes(built.text)]
    for cores in ("1", "2"):
        peak = built.memory.get(cores)
        cells += [maybe(rate(built, cores)), maybe(peak and peak / 1e6)]
    cells += [maybe(rate(built, cores, "settled")) for cores in ("1", "2")]
    return (*cells, maybe(built.merge))


def _from_file(results: Results) -> str:
    passage = results.engine(PASSAGE)
    if passage is None or passage.from_file is None:
        return ""
    seconds, peak = passage.from_file, passage.memory.get("file")
    return (
        f"\n\nFrom the file itself, `python -m index {results.corpus['file']}`: "
        f"{number(seconds)} s from start to end of the process, "
        f"{number(passage.text / 1e6 / seconds)} MB/s, "
        f"{maybe(peak and peak / 1e6)} MB of memory."
    )


def sizes(results: Results) -> str:
    """Give bytes on disk, by part."""
    header = ("engine", "MB", "of the text", "unmerged, MB", "segments then", "parts, MB")
    return table(header, [_size(built) for built in results.built if built.disk])


def _size(built: Built) -> tuple[str, ...]:
    shown = ", ".join(
        f"{name} {megabytes(size)}"
        for name, size in built.parts.items()
        if size > built.disk / 1000
    )
    unmerged = "–" if built.unmerged is None else megabytes(built.unmerged)
    segments = "–" if built.segments is None else f"{built.segments}"
    share_of_text = share(built.disk / built.text)
    return built.name, megabytes(built.disk), share_of_text, unmerged, segments, shown


def changes(results: Results) -> str:
    """Give what a change takes, and a start."""
    header = ("engine", "replace, s", "slowest", "open, ms", "first query, ms", "process, ms")
    return (
        "Replacing a document of 1,000 paragraphs until it is found (the median of "
        "several times, the writer open where an engine has one that stays open); opening the "
        "index in a fresh process, its first query, and that process from start to end.\n\n"
        + table(header, [_change(built) for built in results.built])
    )


def _change(built: Built) -> tuple[str, ...]:
    replaced = sorted(built.replace or [])
    median, slowest = (replaced[len(replaced) // 2], replaced[-1]) if replaced else (None, None)
    first = built.first or {}
    times = (first.get(key) for key in ("open", "query", "process"))
    return built.name, maybe(median), maybe(slowest), *map(maybe, times)
