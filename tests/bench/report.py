"""The report of a run: docs/benchmarks.md, its plots, and the head that the README shows."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import features
from bench.figures import Spread, spreads
from bench.goals import Goal, goals, named, rate
from bench.plots import draw
from bench.report_indexing import changes, indexing, sizes
from bench.report_queries import latencies, method, singles, totals
from bench.results import PASSAGE, PEERS, Results
from bench.tables import maybe, megabytes, number, share, spelled, table

MARKED = re.compile(r"(<!-- bench -->\n).*?(<!-- /bench -->)", re.DOTALL)


def write(results: Results, folder: Path, readme: Path | None) -> None:
    """Write the report and its plots into a folder; its head between the README's marks."""
    folder.mkdir(parents=True, exist_ok=True)
    plots = draw(results, folder)
    parts = [_head(results), *_sections(results, plots)]
    (folder / "benchmarks.md").write_text("\n\n".join(parts) + "\n", "utf-8")
    if readme:
        text = readme.read_text("utf-8")
        head = summary(results)
        readme.write_text(MARKED.sub(lambda m: f"{m[1]}\n{head}\n\n{m[2]}", text), "utf-8")


def _sections(results: Results, plots: Sequence[str]) -> Iterator[str]:
    yield from _goals(results)
    yield "## Indexing, size, change"
    yield indexing(results)
    yield sizes(results)
    yield changes(results)
    yield "## Latencies"
    yield method(results)
    yield from (f"![{name.removesuffix('.svg')}]({name})" for name in plots)
    yield from latencies(results)
    yield from singles(results)
    yield from totals(results)
    if results.features:
        yield "## Features"
        yield features.report(results.features)
    yield from _left_out(results)


def _head(results: Results) -> str:
    """Tell what was run, on what, with what."""
    corpus, machine = results.corpus, results.machine
    made = (
        "The books were not there: words were drawn by Zipf's law instead. "
        if corpus["is_generated"]
        else ""
    )
    versions = "\n".join(f"- {built.name}: {built.version}" for built in results.built)
    return f"""# Measurements

Written by `{results.command}` on {results.date}, in {results.seconds / 60:.0f} minutes, from what
it measured; no figure here was typed in.

{made}Text: {corpus["name"]}, {corpus["documents"]:,} documents,
{corpus["paragraphs"]:,} paragraphs, {megabytes(corpus["bytes"])} MB.
Machine: {machine["processor"]}, {machine["cores"]} cores, {machine["memory"]}, {machine["system"]}.

{versions}"""


def _goals(results: Results) -> Iterator[str]:
    judged = goals(results)
    if judged:
        reached = sum(goal.is_reached for goal in judged)
        yield "## What must be reached"
        yield (
            f"{reached} of {len(judged)} are reached. The peer is the better of "
            f"{spelled(_measured_peers(results))}, for each line by itself."
        )
        header = ("", "Passage", "peer", "rule", "limit", "")
        yield table(header, map(_goal, judged))


def _goal(goal: Goal) -> tuple[str, ...]:
    verdict = "reached" if goal.is_reached else "**not reached**"
    return goal.name, goal.passage, goal.peer, goal.rule, goal.limit, verdict


def _measured_peers(results: Results) -> list[str]:
    return [name for name in PEERS if results.engine(name)]


def _left_out(results: Results) -> Iterator[str]:
    lines = [f"- {name}: {reason}" for name, reason in results.missing.items()]
    lines += [f"- {b.name}, {failure}" for b in results.built for failure in b.failures]
    if lines:
        yield "## Left out, or failed"
        yield "\n".join(lines)


# The README's part.


def summary(results: Results) -> str:
    """Give the head for the README: a table of a few lines."""
    corpus, peers = results.corpus, _measured_peers(results)
    built = [b for name in (PASSAGE, *peers) if (b := results.engine(name))]
    summed = spreads(results.rows)
    rows = [
        (f"indexing, MB/s, {name}", *(maybe(rate(b, cores)) for b in built))
        for cores, name in (("1", "one core"), ("2", "two cores"))
    ]
    rows.append(("index / text", *(share(b.disk / b.text) for b in built)))
    for key in summed:
        if key.command in ("TOP_10", "TOP_10_COUNT") and key.origin == "runs":
            means = (summed[key].get(b.name) for b in built)
            rows.append((named(key).rpartition(",")[0] + ", mean µs", *map(_mean, means)))
    return (
        f"{corpus['paragraphs']:,} paragraphs ({megabytes(corpus['bytes'])} MB) of "
        f"{corpus['name']}, one thread, {results.machine['processor']}; queries are runs of two "
        "and three words of the text. All of it, and how: "
        f"[docs/benchmarks.md](docs/benchmarks.md), written by `{results.command}`.\n\n"
        + table(("", *(b.name for b in built)), rows)
    )


def _mean(spread: Spread | None) -> str:
    return "–" if spread is None else number(spread.mean)
