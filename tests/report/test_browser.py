"""Both pages in a real browser: nothing is requested, nothing fails, nothing sticks out."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fatescore.report import dataset_page, summary_page

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--virtual-time-budget=10000",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1500,1200",
)  # fmt: skip
# The page tells its frame what a reader would see after it has settled.
PROBE = """<script>setTimeout(() => {
  const wide = document.documentElement;
  window.parent.postMessage({
    client: wide.clientWidth, scroll: wide.scrollWidth,
    charts: document.querySelectorAll(".chart").length, drawn: document.querySelectorAll(".chart svg.marks").length,
    tables: document.querySelectorAll("table[data-interactive]").length,
    live: document.querySelectorAll("table.dataTable[data-interactive]").length,
    hidden: [...document.querySelectorAll(".table, .table *")].filter((one) =>
      one.checkVisibility() && one.scrollWidth - one.clientWidth > 2 && getComputedStyle(one).overflowX !== "visible"
      && !(one.classList.contains("more") && one.tabIndex === 0)).length,
    fading: document.querySelectorAll(".more").length,
    requests: performance.getEntriesByType("resource").filter((one) => /^(http|file)/.test(one.name)).length,
  }, "*");
}, 4000);</script></body>"""
FRAMES = """<iframe src="page.html" style="width:{width}px;height:900px;border:0"></iframe>
<pre id="said"></pre>
<script>
onmessage = (event) => {{ document.getElementById("said").textContent = JSON.stringify(event.data); }};
</script>"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


def look(page: str, folder: Path, width: int) -> tuple[dict[str, int], str]:
    """Open a page in a frame of a width; return what it says and the browser's console."""
    head, _, tail = page.rpartition("</body>")
    (folder / "page.html").write_text(head + PROBE + tail, encoding="utf-8")
    (folder / "frame.html").write_text(FRAMES.format(width=width), encoding="utf-8")
    done = subprocess.run(
        [
            str(CHROMIUM),
            *FLAGS,
            f"--user-data-dir={folder / 'profile'}",
            "--dump-dom",
            (folder / "frame.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = re.search(r'<pre id="said">(.*?)</pre>', done.stdout, re.DOTALL)
    assert said is not None, done.stderr[-2000:]
    console = "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)
    return json.loads(html.unescape(said[1])), console


@pytest.mark.parametrize(
    ("name", "width"), [("summary", 400), ("summary", 1400), ("GSE1", 400), ("sc", 400), ("lowdepth", 400)]
)
def test_a_page_opens_without_fault(results: Any, tmp_path: Path, name: str, width: int) -> None:
    page = summary_page(results.summary()) if name == "summary" else dataset_page(results.tables[name])
    said, console = look(page, tmp_path, width)
    assert console == ""
    assert said["client"] == width
    assert said["scroll"] <= width
    assert said["drawn"] == said["charts"] == (0 if name == "lowdepth" else 3)
    assert said["live"] == said["tables"] > 0
    assert said["fading"] > 0 or width > 400 or name == "lowdepth"
    assert said["hidden"] == 0  # a table cut at the right says so and can be scrolled by keyboard
    assert said["requests"] == 0
