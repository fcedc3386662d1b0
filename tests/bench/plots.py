"""Plots of a run as SVG: nothing behind them, mid-grey words, to be read by day and by night."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from bench.goals import rate
from bench.results import PASSAGE, PEERS, Results

GREY = "#808080"
COLOURS = {PASSAGE: "#2a7fb8", "Tantivy": "#d9822b", "Lucene": "#5a9e6f"}
OTHERS = "#9a8fb0"
STYLE = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.transparent": True,
    "svg.hashsalt": "passage",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid.axis": "y",
    **dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), GREY
    ),
}
KINDS = ("term", "AND", "OR", "phrase")


def draw(results: Results, folder: Path) -> list[str]:
    """Draw what was measured; give the names of the files."""
    with mpl.rc_context(STYLE):
        return [
            *(_latencies(results, folder, command) for command in ("TOP_10", "TOP_10_COUNT")),
            _indexing(results, folder),
        ]


def _latencies(results: Results, folder: Path, command: str) -> str:
    """Draw, for each kind, which share of the runs' queries is answered in what time."""
    figure = Figure(figsize=(10, 2.8))
    axes = figure.subplots(1, len(KINDS), sharex=True, sharey=True)
    for axis, kind in zip(axes, KINDS, strict=True):
        for name in (PASSAGE, *PEERS):
            times = sorted(
                row.us
                for row in results.rows
                if (row.command, row.origin, row.kind, row.engine) == (command, "runs", kind, name)
            )
            shares = [(i + 1) / len(times) * 100 for i in range(len(times))]
            axis.plot(times, shares, label=name, color=COLOURS[name], linewidth=1.6)
        axis.set(xscale="log", title=kind, xlabel="µs")
        axis.xaxis.set_major_formatter("{x:,.0f}")
        axis.xaxis.set_minor_formatter("")
    axes[0].set_ylabel("% of the queries")
    axes[-1].legend(frameon=False, loc="lower right")
    return _save(figure, folder, f"bench-{command.lower().replace('_', '-')}.svg")


def _indexing(results: Results, folder: Path) -> str:
    """Draw indexing speed by cores, and the size of the index by the text's."""
    names = [built.name for built in results.built]
    colours = [COLOURS.get(name, OTHERS) for name in names]
    figure = Figure(figsize=(10, 2.8))
    speed, size = figure.subplots(1, 2)
    for offset, cores, alpha in ((-0.2, "1", 0.5), (0.2, "2", 1.0)):
        rates = [rate(built, cores) or 0 for built in results.built]
        places = [place + offset for place in range(len(names))]
        speed.bar(places, rates, width=0.4, color=colours, alpha=alpha)
    sizes = [built.disk / built.text for built in results.built]
    size.bar(range(len(names)), sizes, width=0.6, color=colours)
    for axis, title in ((speed, "indexing, MB/s, 1 core (pale) and 2"), (size, "index / text")):
        axis.set_xticks(range(len(names)), names, rotation=20)
        axis.set_title(title)
    return _save(figure, folder, "bench-indexing.svg")


def _save(figure: Figure, folder: Path, name: str) -> str:
    figure.tight_layout()
    figure.savefig(folder / name, metadata={"Date": None, "Creator": None})
    return name
