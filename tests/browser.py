"""Which browser the tests drive, and how a machine gets one: `python tests/browser.py`."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")


def system_browser() -> str | None:
    """Give the path of a Chromium that the system has, if any."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def install() -> int:
    """Get a browser where there is none: Debian's where that is possible, else playwright's."""
    if system_browser():
        return 0
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing chromium for the browser tests (once)...", flush=True)
        for command in (["update", "-qq"], ["install", "-y", "-qq", "chromium"]):
            subprocess.run(["apt-get", *command], stdout=subprocess.DEVNULL, check=False)
        if system_browser():
            return 0
    return subprocess.run(
        [sys.executable, "-m", "playwright", "install", "chromium"], check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(install())
