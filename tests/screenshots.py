"""Take the README's picture, docs/screenshot.png: `python tests/screenshots.py`."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from chromium import launch
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
QUERY = '"frank and constructive" OR diplom*'


def main() -> None:
    """Index the seeds, serve them, search in them, and keep what is to be seen."""
    picture = ROOT / "docs" / "screenshot.png"
    picture.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PASSAGE_INDEX": folder, "PASSAGE_PORT": "0"}
        index = [sys.executable, "-m", "index", "seeds"]
        subprocess.run(index, cwd=ROOT, env=environment, check=True)
        serve = [sys.executable, "-m", "web"]
        with subprocess.Popen(serve, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as server:
            try:
                assert server.stdout
                address = re.search(rb"http://[^/]+", server.stdout.readline())
                assert address
                take(address[0].decode(), picture)
            finally:
                server.terminate()


def take(address: str, picture: Path) -> None:
    """Search as a user does, and write what is to be seen, twice as sharp as it is wide."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1100, "height": 720}, device_scale_factor=2)
        page.goto(address)
        page.get_by_role("combobox").fill(QUERY)
        page.keyboard.press("Enter")
        page.wait_for_url("**/?q=*")
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main()
