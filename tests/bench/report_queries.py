"""The report's part on queries: latencies by class, single queries, totals compared."""

from collections import defaultdict
from collections.abc import Iterator

from bench.figures import Class, Pair, Spread, better, pairs, spreads
from bench.results import PASSAGE, Results, Row
from bench.tables import number, plural, share, table

PLACES = {"benchmark": "Benchmark queries", "runs": "Runs of words from the text"}
COMMANDS = {
    "TOP_10": "Top 10",
    "TOP_10_COUNT": "Top 10 with total",
    "COUNT": "Total alone",
    "FETCH_10": "Fetching ten texts",
    "TOP_100": "Top 100",
    "TOP_1000": "Top 1,000",
    "TOP_10_EXACT": "Top 10, quoted words as typed",
    "TOP_10_CONTEXT": "Top 10, with the context's score",
    "PAGE": "A whole page of ten: spans, snippets, total",
}
WORST = 10
EXAMPLES = 3


def method(results: Results) -> str:
    """Tell how it was measured."""
    return (
        "Microseconds from the query's string to ids and scores, in the engine's own process, one "
        "query at a time. The engines take turns at 25 queries, "
        f"{plural(results.rounds, 'round')} in one run, each batch once for nothing and once for "
        "the clock, its first query once more in front; what counts is a query's median. "
        "Percentiles are over the queries of a class. "
        f"{plural(results.again, 'query', 'queries')} of Passage's took longer than one may, and "
        "were measured anew, beside the peers, before they counted. "
        "Nothing keeps an answer: Lucene's query cache is off. k1 is 1.2, b 0.75; "
        "English Snowball stems (FTS5 and Whoosh: Porter's); phrases match by stem. "
        "Tantivy and Lucene are merged into one segment where nothing else is said. "
        "× is the ratio to the better of the two."
    )


def latencies(results: Results) -> Iterator[str]:
    """Give a table for each command."""
    summed = spreads(results.rows)
    whole = results.corpus["bytes"]
    limited = {built.name for built in results.built if built.text < whole}
    for command, title in COMMANDS.items():
        classes = [key for key in summed if key.command == command]
        if classes:
            yield f"### {title}"
            yield table(
                ("", "queries", "p50", "p90", "p99", "mean", "p99, ×", "mean, ×"),
                [row for key in classes for row in _class(key, summed[key], limited)],
            )


def _class(key: Class, engines: dict[str, Spread], limited: set[str]) -> Iterator[tuple[str, ...]]:
    """Give a line for the class and one for each engine.

    Those that had less text, or no time for every query, have no ratio.
    """
    yield f"**{key.kind}**, {PLACES[key.origin].lower()}", *("" for _ in range(7))
    most = max(spread.count for spread in engines.values())
    p99, mean = better(engines, lambda each: each.p99), better(engines, lambda each: each.mean)
    for name, spread in engines.items():
        times = (spread.p50, spread.p90, spread.p99, spread.mean)
        ratios = ("–", "–")
        if p99 and mean and spread.count == most and name not in limited:
            ratios = (share(spread.p99 / p99), share(spread.mean / mean))
        label = f"{name} (less text)" if name in limited else name
        yield label, f"{spread.count:,}", *map(number, times), *ratios


def singles(results: Results) -> Iterator[str]:
    """Name the queries that come nearest to the line that none may pass."""
    compared = pairs(results.rows)
    if compared:
        worst = sorted(compared, key=lambda pair: -pair.excess)[:WORST]
        slower = sum(pair.ratio > 1 for pair in compared)
        short = sum(pair.falls_short for pair in compared)
        strict = sum(pair.falls_short for pair in pairs(results.rows, alike=1))
        yield "## Single queries"
        yield (
            f"Of {plural(len(compared), 'query', 'queries')} (each command by itself) {slower:,} "
            f"took Passage longer than the better peer, and {short:,} longer than 1.5 times that "
            "and 20 µs. A peer that found a tenth more or fewer answered another question (see "
            f"totals) and is not a query's peer; were it, {strict:,} would be over the line. Those "
            "nearest to it or beyond:"
        )
        yield table(("query", "Passage, µs", "peer, µs", "ratio"), map(_single, worst))


def _single(pair: Pair) -> tuple[str, ...]:
    row = pair.row
    text = row.text.replace("|", "\\|")
    name = f"`{text}`, {COMMANDS[row.command].lower()}"
    return name, number(row.us), number(pair.peer), share(pair.ratio)


# Totals.


def totals(results: Results) -> Iterator[str]:
    """Put each engine's totals beside Passage's."""
    counts: dict[tuple[str, str], dict[str, dict[int, Row]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for row in results.rows:
        if row.command == "COUNT":
            counts[row.origin, row.kind][row.engine][row.number] = row
    rows = [row for key, engines in counts.items() for row in _total(key, engines)]
    if rows:
        documents = results.corpus["documents"]
        yield "## Totals compared"
        yield (
            "How many paragraphs each engine finds, summed over the queries that both it and "
            f"Passage answered. Passage keeps the {documents:,} titles as paragraphs of their own, "
            "so it may find as many more; besides, they differ in what a word is: apostrophes "
            "(`I'm` is `im` to Passage, one word to Lucene, two to Tantivy and FTS5), hyphens "
            "(Passage also keeps `to-day` as `today`), full stops inside words (Lucene keeps `a.m` "
            "whole), accents, and the stems themselves (Passage and Tantivy have a newer Snowball, "
            "to which `evening` is not `even`; Lucene an older one, FTS5 Porter's). Whoosh is left "
            "out, for it has fewer paragraphs."
        )
        header = ("class", "engine", "queries", "its total", "Passage's", "equal", "within 2 %")
        yield table((*header, "furthest apart (its, Passage's)"), rows)


def _total(key: tuple[str, str], engines: dict[str, dict[int, Row]]) -> Iterator[tuple[str, ...]]:
    own = engines.get(PASSAGE, {})
    for name, found in engines.items():
        both = [(found[n], own[n]) for n in found.keys() & own.keys()]
        if name in (PASSAGE, "Whoosh") or not both:
            continue
        equal = sum(a.total == b.total for a, b in both)
        near = sum(abs(a.total - b.total) <= max(2, 0.02 * a.total) for a, b in both)
        apart = sorted(both, key=lambda pair: -_apart(*pair))[:EXAMPLES]
        yield (
            f"{key[1]}, {PLACES[key[0]].lower()}",
            name,
            f"{len(both):,}",
            f"{sum(a.total for a, _ in both):,}",
            f"{sum(b.total for _, b in both):,}",
            f"{equal:,}",
            f"{near:,}",
            "; ".join(
                f"`{a.text}` {a.total:,}, {b.total:,}" for a, b in apart if a.total != b.total
            ),
        )


def _apart(a: Row, b: Row) -> float:
    """Tell how far two totals are apart; small ones weigh less."""
    return abs(a.total - b.total) / (max(a.total, b.total) + 5)
