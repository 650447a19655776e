"""Commands that an output suggests go into the notebook, and no further."""

from playwright.sync_api import expect

from tests.ui.lab import ran

COMMAND = 'answer = "%s" % (6 * 7); print(answer)'
MARK = f"<p>next: <code class='kt-insert' data-kt-insert='{COMMAND}'>{COMMAND}</code></p>"
SUGGESTING = f'from IPython.display import HTML\nHTML("""{MARK}""")'


def suggestion(notebook, cell=0):
    return notebook.output(cell).get_by_role("button", name=COMMAND)


def test_a_click_inserts_the_command_below_and_does_not_run_it(jupyter, page):
    notebook = jupyter.open(page, SUGGESTING, "# last")
    notebook.run(0)
    suggestion(notebook).click()
    expect(notebook.cells).to_have_count(3)
    expect(notebook.source(1)).to_have_text(COMMAND)
    expect(notebook.prompt(1)).to_have_text("[ ]:")


def test_shift_enter_then_runs_it(jupyter, page):
    notebook = jupyter.open(page, SUGGESTING)
    notebook.run(0)
    suggestion(notebook).click()
    page.keyboard.press("Shift+Enter")
    expect(notebook.output(1)).to_contain_text("42")


def test_the_keyboard_alone_reaches_it(lab, page):
    notebook = lab.open(page, SUGGESTING)
    notebook.run(0)
    page.keyboard.press("Escape")
    suggestion(notebook).focus()
    page.keyboard.press("Enter")
    expect(notebook.source(1)).to_have_text(COMMAND)
    page.keyboard.press("Shift+Enter")
    expect(notebook.output(1)).to_contain_text("42")


def test_a_second_click_finds_the_cell_of_the_first(lab, page):
    notebook = lab.open(page, SUGGESTING)
    notebook.run(0)
    suggestion(notebook).click()
    suggestion(notebook).click()
    expect(notebook.cells.nth(1)).to_contain_class("jp-mod-active")
    expect(notebook.cells).to_have_count(2)


def test_a_notebook_from_elsewhere_makes_no_suggestions(lab, page):
    notebook = lab.open(page, ran("", html=MARK))
    expect(notebook.output(0)).to_contain_text(COMMAND)
    expect(notebook.output(0).get_by_role("button")).to_have_count(0)
