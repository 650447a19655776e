"""Volumes in JupyterLab: the tutorial, suggestions, completion, errors, and text that can be read in both themes."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

TUTORIAL = Path(__file__).parents[2] / "notebooks" / "01-volumes.ipynb"
LOAD = "%load_ext kt_jupyter"

# What is written in our views with less contrast to what lies behind it than WCAG 2 AA asks: 4.5, for shapes 3.
PALE = """() => {
  const numbers = color => color.match(/[\\d.]+/g).map(Number);
  const linear = value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = color => {
    const [r, g, b] = numbers(color).map(value => linear(value / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (numbers(color)[3] !== 0) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const texts = [...document.querySelectorAll('.kt-view :not(style)')].filter(e =>
    [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
  return texts.filter(e => {
    const [low, high] = [getComputedStyle(e).color, behind(e)].map(luminance).sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05) < (e.matches('.kt-mark') ? 3 : 4.5);
  }).map(e => e.textContent);
}"""


def choose(page, *path):
    """Choose from the menu bar."""
    for label in path:
        page.get_by_text(label, exact=True).click()


def test_the_tutorial_runs_to_its_end(lab, page):
    written = json.loads(TUTORIAL.read_text())
    for cell in written["cells"]:  # so that a number at a prompt is one of now
        if cell["cell_type"] == "code":
            cell.update(execution_count=None, outputs=[])
    (lab.root / TUTORIAL.name).write_text(json.dumps(written))
    notebook = lab.show(page, TUTORIAL.name)
    expect(notebook.cells.first).to_be_visible()
    expect(notebook.kernel).to_have_attribute("data-status", "idle")
    choose(page, "Run", "Run All Cells")
    expect(notebook.cells.last.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]:"), timeout=60_000)
    expect(notebook.cells.last).to_contain_text("No volumes in default")


def test_a_volume_is_shown_and_deleted_with_two_clicks(lab, page):
    notebook = lab.open(page, LOAD, "%kt_volume create clicked --size 1Gi --mount /data --mode RWO")
    notebook.run(0)
    notebook.run(1)
    for verb, outcome in (("show", "Waiting for first use"), ("delete", "deleted")):
        notebook.output(1).get_by_role("button", name=f"%kt_volume {verb} clicked").click()
        page.keyboard.press("Shift+Enter")
        expect(notebook.output(2)).to_contain_text(outcome)


def test_tab_completes_a_verb(lab, page):
    notebook = lab.open(page, LOAD, "")
    notebook.run(0)
    notebook.source(1).click()
    page.keyboard.type("%kt_volume sho")
    page.keyboard.press("Tab")
    expect(page.locator(".jp-Completer-item")).to_contain_text("show")
    page.keyboard.press("Enter")
    expect(notebook.source(1)).to_have_text("%kt_volume show")


def test_a_mistake_is_one_block_without_a_traceback(lab, page):
    notebook = lab.open(page, LOAD, "%kt_volume create oops --size 10GB --mount /data")
    notebook.run(0)
    notebook.run(1)
    expect(notebook.output(1)).to_contain_text("Did you mean 10G or 10Gi?")
    expect(notebook.output(1)).not_to_contain_text("Traceback")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_views_can_be_read_in_every_theme(lab, page, theme):
    notebook = lab.open(page, f"{LOAD}\n%kt_cluster doctor", "%kt_volume")
    notebook.run(0)
    notebook.run(1)
    choose(page, "Settings", "Theme", theme)
    expect(page.locator("body")).to_have_attribute("data-jp-theme-name", theme)
    assert page.evaluate(PALE) == []
