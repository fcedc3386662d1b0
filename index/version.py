"""The version of the program, as its installed package or its project file says."""

import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def _version() -> str:
    project = Path(__file__).parent.parent / "pyproject.toml"
    try:
        return version("passage")
    except PackageNotFoundError:
        return str(tomllib.loads(project.read_text("utf-8"))["project"]["version"])


VERSION = f"Passage {_version()}"
