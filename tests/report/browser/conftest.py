"""A real headless Chromium, driven by Playwright, that opens pages from a folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
AXE = Path(__file__).parents[3] / ".venv" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
NEEDED = "FATESCORE_NEED_BROWSER"

Open = Callable[..., Any]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Return a browser that cannot reach any address."""
    if CHROMIUM is None:
        (pytest.fail if os.environ.get(NEEDED) else pytest.skip)("no Chromium; see tests/report/browser/set_up.sh")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        started = play.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"],
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """Return axe-core, the accessibility checker, as JavaScript."""
    if not AXE.is_file():
        (pytest.fail if os.environ.get(NEEDED) else pytest.skip)("no axe-core; see tests/report/browser/set_up.sh")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens HTML and waits until every chart is drawn and every table is live.

    The page comes back with ``said`` (what the console said, and errors that nobody caught) and ``asked`` (what it
    requested besides itself).
    """
    contexts = []

    def opened(html: str, *, width: int = 1400, dark: bool = False) -> Any:
        path = tmp_path / f"page{len(contexts)}.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 1000}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        page = context.new_page()
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(path.as_uri())
        page.asked[:] = [url for url in page.asked if not url.startswith(("data:", "blob:")) and url != path.as_uri()]
        ready = """() => [...document.querySelectorAll('.chart')].every((one) => one.querySelector('svg.marks'))
            && [...document.querySelectorAll('table[data-interactive]')].every((one) => one.matches('.dataTable'))"""
        page.wait_for_function(ready, timeout=30_000)
        return page

    yield opened
    for context in contexts:
        context.close()
