"""The browser of the tests and the screenshot: headless, and silent on the network."""

from browser import system_browser
from playwright.sync_api import Browser, Playwright

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def launch(playwright: Playwright) -> Browser:
    """Start the system's Chromium, or playwright's own where the system has none."""
    return playwright.chromium.launch(executable_path=system_browser(), args=list(ARGUMENTS))
