"""A terminal's tab in a page, as a person handles it."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.ui.lab import PATIENCE

# What would get the keys instead of a terminal.
ELSEWHERE = """() => {
  const active = document.activeElement;
  return active?.closest(".jp-Terminal") ? "" : active?.cloneNode().outerHTML ?? "nothing";
}"""


class Tab:
    """The tab of the terminal on a volume."""

    def __init__(self, page: Page, volume: str) -> None:
        self.page = page
        self.volume = volume
        # Terminals draw on a canvas; screen-reader mode keeps their text in the page too, row by row.
        self.screen = page.locator(".jp-Terminal:visible .xterm-accessibility-tree")
        self.textarea = page.locator(".jp-Terminal:visible .xterm-helper-textarea")
        self.prompt = re.compile(r"/data \$\s*$")

    @property
    def labels(self) -> Locator:
        """What the tab bar has of it: none, one, or too many."""
        label = re.compile(f"^{re.escape(self.volume)}( \\d)?$")
        return self.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab").filter(has_text=label)

    def is_open(self) -> None:
        """Wait for the one tab, and for its shell."""
        expect(self.labels).to_have_count(1, timeout=PATIENCE)
        expect(self.screen).to_have_text(self.prompt, timeout=PATIENCE)

    def is_gone(self) -> None:
        """Wait until there is none."""
        expect(self.labels).to_have_count(0, timeout=PATIENCE)

    def close(self) -> None:
        """Close the tab with its cross."""
        self.labels.locator(".lm-TabBar-tabCloseIcon").click()
        self.is_gone()

    def terminate(self) -> None:
        """Choose from the menu what ends it."""
        self.page.locator(".jp-Terminal:visible").click()
        self.page.get_by_text("File", exact=True).first.click()
        self.page.get_by_text("Shutdown Terminal").click()
        self.is_gone()

    def shows(self, text: str) -> None:
        """Wait until it can be read there."""
        expect(self.screen).to_contain_text(text, timeout=PATIENCE)

    def enter(self, line: str) -> None:
        """Type a line, key by key: the notebook would take them for commands, and "0 0 Enter" restarts its kernel."""
        self._click()
        for character in line:
            self._has_focus()
            self.page.keyboard.type(character)
        self._has_focus()
        self.page.keyboard.press("Enter")

    def _click(self) -> None:
        self.page.locator(".jp-Terminal:visible").click()
        self._has_focus()

    def _has_focus(self) -> None:
        elsewhere = self.page.evaluate(ELSEWHERE)
        assert not elsewhere, f"the terminal on {self.volume} has lost the focus to {elsewhere}: nothing is typed there"

    def compose(self, *stages: str) -> None:
        """Enter text as an input method does: it changes while it is composed, and the last stage is meant."""
        self._click()
        browser = self.page.context.new_cdp_session(self.page)
        for text in stages:
            place = {"selectionStart": len(text), "selectionEnd": len(text)}
            browser.send("Input.imeSetComposition", {"text": text, **place})
        browser.send("Input.insertText", {"text": stages[-1]})
        browser.detach()

    def press(self, character: str) -> None:
        """Press a key of a keyboard that has this character."""
        self._click()
        browser = self.page.context.new_cdp_session(self.page)
        for kind, text in (("keyDown", {"text": character}), ("keyUp", {})):
            browser.send("Input.dispatchKeyEvent", {"type": kind, "key": character, **text})
        browser.detach()

    def paste(self, text: str) -> None:
        """Copy a text elsewhere, and paste it with Ctrl+V."""
        self.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page.evaluate("text => navigator.clipboard.writeText(text)", text)
        self._click()
        self.page.keyboard.press("Control+v")

    def read(self, pattern: str) -> tuple[str, ...]:
        """Wait until it shows what a pattern describes, and return its groups as they were last shown."""
        expect(self.screen).to_contain_text(re.compile(pattern), timeout=PATIENCE)
        return re.findall(pattern, self.screen.inner_text())[-1]
