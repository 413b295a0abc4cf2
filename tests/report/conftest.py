"""A comparison to render, and a real browser to look at it with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import comparisons
import pytest
from playwright.sync_api import Browser, sync_playwright

from acutance.diagnose._record import Comparison

SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def comparison() -> Comparison:
    """The three subjects of the main job."""
    return comparisons.comparison()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium, headless; CI fails without it, a laptop skips."""
    path = shutil.which("chromium")
    if path is None:
        reason = "chromium is not installed, so the page cannot be looked at; apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(SWITCHES))
        yield chromium
        chromium.close()
