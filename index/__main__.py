"""`python -m index`: bring an index up to date with its documents."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from index import memory
from index.build import Outcome, Summary, build
from index.codec import container
from index.codec.warm import warm
from index.errors import IndexFault
from index.settings import MEMORY, Settings, add_folder_option
from index.snapshot import Snapshot
from index.version import VERSION

MAX_MEMORY = 1 << 20
"""The most that can be asked for, in megabytes."""

SHOWN = 5
"""How many skipped files the summary names for each reason."""

EXAMPLE = """\
example:
  python -m index articles/ minutes.md --to var/index
  python -m index                      (the same documents again: what changed is taken in)
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; answer the exit code."""
    settings = _settings(argv)
    memory.keep()
    try:
        if settings.check:
            _check(settings.folder)
        else:
            _build(settings)
    except IndexFault as error:
        _say(f"index: {error}", sys.stderr)
        return 1
    except KeyboardInterrupt:
        _say("index: stopped; the index is as it was before", sys.stderr)
        return 130
    except BrokenPipeError:  # as behind `| head`; what is still to be flushed goes nowhere
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        return 1
    return 0


def _settings(argv: Sequence[str] | None) -> Settings:
    parser = argparse.ArgumentParser(
        prog="python -m index",
        description="Bring an index up to date with its documents.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "documents",
        nargs="*",
        metavar="DOCS",
        help="files and folders that the index shall hold; without any, those of last time",
    )
    add_folder_option(parser, "--to")
    parser.add_argument(
        "--rebuild",
        action="store_true",
        help="read every document again; a damaged index is replaced",
    )
    parser.add_argument(
        "--memory",
        type=_megabytes,
        default=MEMORY,
        metavar="MB",
        help=f"about how much memory to take, in megabytes ({MEMORY >> 20})",
    )
    parser.add_argument("--check", action="store_true", help="verify the index, write nothing")
    parser.add_argument("--version", action="version", version=VERSION)
    given = parser.parse_args(argv)
    if given.check and (given.documents or given.rebuild):
        parser.error("--check reads the index alone: leave out DOCS and --rebuild")
    return Settings(tuple(given.documents), given.to, given.rebuild, given.check, given.memory)


def _megabytes(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= MAX_MEMORY):
        raise argparse.ArgumentTypeError(f"a number from 1 to {MAX_MEMORY:,} is wanted, not {text}")
    return int(text) << 20


def _check(folder: Path) -> None:
    snapshot = Snapshot.open(folder)
    segments = len(snapshot.segments)
    for segment in snapshot.segments:
        container.verify(segment.data.path)
    _say(
        f"{folder} is sound: generation {snapshot.generation}, "
        f"{snapshot.document_count} documents, {snapshot.paragraph_count} paragraphs "
        f"in {segments} segment{'' if segments == 1 else 's'}"
    )


def _build(settings: Settings) -> None:
    warm()
    console = Console(stderr=True)
    if console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            summary = _run(settings, _on_terminal(progress))
    else:
        summary = _run(settings, _in_lines)
    _print(summary)


def _run(settings: Settings, report: Callable[[Outcome], None]) -> Summary:
    return build(settings.folder, settings.documents, report, settings.rebuild, settings.memory)


def _on_terminal(progress: Progress) -> Callable[[Outcome], None]:
    task = progress.add_task("indexing", total=None)

    def report(outcome: Outcome) -> None:
        progress.update(task, completed=outcome.done, total=outcome.total)

    return report


def _in_lines(outcome: Outcome) -> None:
    if outcome.change != "unchanged":
        reason = f": {outcome.reason}" if outcome.reason else ""
        _say(f"{outcome.change} {outcome.path}{reason}", sys.stderr)


def _print(summary: Summary) -> None:
    if summary.rebuilt:
        _say("The index was of another version and has been built anew.")
    if summary.replaced:
        now, before = ", ".join(summary.roots), ", ".join(summary.replaced)
        _say(f"The index now holds {now} instead of {before}.")
    _say(
        f"{summary.documents} documents, {summary.paragraphs} paragraphs: "
        f"{summary.count('added')} added, {summary.count('changed')} changed, "
        f"{summary.count('removed')} removed, {summary.count('skipped')} skipped, "
        f"{summary.seconds:.1f} seconds."
    )
    for reason, paths in _skipped(summary).items():
        shown = ", ".join(paths[:SHOWN]) + (", …" if len(paths) > SHOWN else "")
        _say(f"  skipped {len(paths)}: {reason} ({shown})")
    if summary.generation is None:
        _say("Nothing has changed since last time.")


def _skipped(summary: Summary) -> dict[str, list[str]]:
    paths: dict[str, list[str]] = {}
    for outcome in summary.outcomes:
        if outcome.change == "skipped":
            paths.setdefault(outcome.reason, []).append(outcome.path)
    return paths


def _say(text: str, file: TextIO | None = None) -> None:
    """Print a line. What a terminal cannot show of a file's name, or would obey, is escaped."""
    file = file or sys.stdout
    encoding = file.encoding if file else "ascii"  # none where the shell closed it
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    print(line.encode(encoding, "backslashreplace").decode(encoding), file=file, flush=True)


if __name__ == "__main__":
    sys.exit(main())
