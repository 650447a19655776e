"""A real Jupyter and a real Chromium: UI tests look at what a person sees."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.ui.lab import APPS, Jupyter, serve

PATIENCE = 20_000  # milliseconds that the page has to show what is expected; generous, for a busy machine


def pytest_collection_modifyitems(items) -> None:
    """JupyterLab, its first kernel and the embedded cluster start within the first test."""
    for item in items:
        item.add_marker(pytest.mark.timeout(180))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no chromium on the PATH (as root, `make browser` installs it)")
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not start as root, nor in most containers; it only meets our pages here.
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def context(browser) -> Iterator[BrowserContext]:
    """One for all tests: JupyterLab's scripts are read once."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(context) -> Iterator[Page]:
    page = context.new_page()
    yield page
    for dialog in page.get_by_role("dialog").all_inner_texts():
        print("A dialog was open:", dialog)  # pytest shows it with a failure, which it probably caused
    page.close()


@pytest.fixture(scope="session")
def lab(browser, tmp_path_factory) -> Iterator[Jupyter]:
    """JupyterLab."""
    with serve("JupyterLab", tmp_path_factory.mktemp("lab")) as jupyter:
        yield jupyter


@pytest.fixture(scope="session", params=APPS)
def jupyter(request, browser, tmp_path_factory) -> Iterator[Jupyter]:
    """JupyterLab, then Notebook 7."""
    if request.param == "JupyterLab":
        yield request.getfixturevalue("lab")
        return
    with serve(request.param, tmp_path_factory.mktemp("notebook")) as server:
        yield server
