# SPDX-License-Identifier: Apache-2.0
"""A report of `trainyard cluster` in a real browser (Debian's Chromium) that has no network.

A copy of the page gets a script that looks around once everything is laid out and writes what it
saw into the document; the browser prints the document and this file reads it there.
"""

import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples" / "clusters").glob("*.toml"))
SERVING = sorted((ROOT / "examples" / "gpt-oss-120b-serving").glob("*.toml"))
BROWSER = shutil.which("chromium")
COMMAND = shutil.which("trainyard", path=str(Path(sys.executable).parent)) or shutil.which(
    "trainyard")
pytestmark = pytest.mark.skipif(
    BROWSER is None or COMMAND is None,
    reason="needs chromium and trainyard: make test-browser installs both")

LISTENER = """<script>
window.troubles = [];
addEventListener("error", (event) => troubles.push(String(event.message)), true);
addEventListener("securitypolicyviolation", (event) => troubles.push(event.blockedURI));
</script>"""
LOOK = """<script>
addEventListener("load", () => {
  const pictures = [...document.querySelectorAll("svg")];
  const outside = pictures.flatMap((svg) => [...svg.querySelectorAll("text")].filter((text) => {
    const box = text.getBBox(), view = svg.viewBox.baseVal;
    return box.x + 1 < 0 || box.x + box.width > view.width + 1 || box.y + box.height > view.height;
  })).map((text) => text.textContent);
  const seen = {
    troubles, outside, bad: window.bad,
    requests: performance.getEntriesByType("resource").map((entry) => entry.name)
        .filter((name) => !name.startsWith("data:")),
    overflow: document.documentElement.scrollWidth - innerWidth,
    width: innerWidth,
    drawn: pictures.map((svg) => svg.getBoundingClientRect().height),
    numbers: document.querySelectorAll("data").length,
    page: getComputedStyle(document.body).backgroundColor,
    ink: getComputedStyle(document.body).color,
  };
  const where = document.createElement("pre");
  where.id = "seen";
  where.textContent = JSON.stringify(seen);
  top.document.body.append(where);
});
</script>"""


def browse(folder, page, *options):
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             f"--user-data-dir={folder}/profile", "--proxy-server=127.0.0.1:9",
             "--enable-logging=stderr", "--v=0", "--virtual-time-budget=5000"]
    done = subprocess.run([BROWSER, *flags, *options, page.as_uri()], capture_output=True,
                          text=True, timeout=120, check=True)
    return done.stdout, re.findall(r"CONSOLE.*", done.stderr)


def look(folder, page, *options, width=None):
    """`width`: in a frame, as the browser's own window is never as narrow as a phone."""
    text = page.read_text(encoding="utf-8").replace("<head>", "<head>" + LISTENER, 1).replace(
        "</body>", LOOK + "</body>", 1)
    if width:
        text = (f'<!DOCTYPE html><body><iframe width="{width}" height="1500" frameborder="0" '
                f'srcdoc="{html.escape(text)}"></iframe></body>')
    copy = folder / "looked_at.html"
    copy.write_text(text, encoding="utf-8")
    document, console = browse(folder, copy, "--dump-dom", *options)
    found = re.search(r'<pre id="seen">(.*?)</pre>', document, re.S)
    assert found, document[-500:]
    seen = json.loads(html.unescape(found.group(1)))
    assert console == []
    return seen


def report(folder, scenario):
    page = folder / f"{scenario.stem}.html"
    if not page.exists():
        subprocess.run([COMMAND, "cluster", str(scenario), "--report", str(page)], check=True,
                       timeout=300)
    return page


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    return tmp_path_factory.mktemp("reports")


@pytest.mark.parametrize("width", [390, 1100])
@pytest.mark.parametrize("scenario", EXAMPLES + SERVING, ids=lambda path: path.stem)
def test_a_report_opens_without_network_and_without_errors(tmp_path, reports, scenario, width):
    seen = look(tmp_path, report(reports, scenario), width=width)
    assert seen["width"] == width
    assert seen["troubles"] == [] and seen["requests"] == []
    assert seen["overflow"] <= 0, "the page is wider than the window"
    assert seen["outside"] == [], "words stand outside their picture"
    assert len(seen["drawn"]) >= 5 and min(seen["drawn"]) > 40
    assert seen["numbers"] > 100


def test_words_of_a_user_are_not_run(tmp_path):
    text = EXAMPLES[0].read_text(encoding="utf-8")
    evil = "</title><script>window.bad = 1</script><img src=x onerror='window.bad = 1'>"
    scenario = tmp_path / "evil.toml"
    for config in EXAMPLES[0].parent.glob("*.json"):
        shutil.copy(config, tmp_path)
    scenario.write_text(re.sub(r'(?m)^title = .*$', lambda _: f'title = "{evil}"', text),
                        encoding="utf-8")
    seen = look(tmp_path, report(tmp_path, scenario))
    assert seen.get("bad") is None and seen["troubles"] == []


def test_a_report_is_dark_where_the_reader_is(tmp_path, reports):
    page = report(reports, EXAMPLES[0])
    light = look(tmp_path, page, "--blink-settings=preferredColorScheme=1")
    dark = look(tmp_path, page, "--blink-settings=preferredColorScheme=0")

    def brightness(colour):
        return sum(int(part) for part in re.findall(r"\d+", colour)[:3])

    assert brightness(light["page"]) > 600 > 200 > brightness(dark["page"])
    assert brightness(light["ink"]) < 200 and brightness(dark["ink"]) > 600


def test_a_report_is_drawn_and_printed(tmp_path, reports):
    page = report(reports, EXAMPLES[-1])
    picture, paper = tmp_path / "picture.png", tmp_path / "paper.pdf"
    browse(tmp_path, page, f"--screenshot={picture}", "--window-size=1100,3000")
    browse(tmp_path, page, f"--print-to-pdf={paper}")
    assert picture.read_bytes()[:4] == b"\x89PNG" and picture.stat().st_size > 100_000
    assert paper.read_bytes()[:4] == b"%PDF" and paper.stat().st_size > 50_000
