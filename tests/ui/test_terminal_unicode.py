"""Text of any script, into the tab and back; what the shell answers is told from the echo of the line by its "got"."""

ANSWER = " | sed s/^/got-/"


def test_text_that_an_input_method_composes_comes_back(ssh, tab):
    tab.compose("echo に", "echo にほ", "echo 日本")
    tab.enter(ANSWER)
    tab.shows("got-日本")


def test_characters_of_other_keyboards_come_back(ssh, tab):
    tab.enter("cat" + ANSWER)
    for character in "ünïñжé":
        tab.press(character)
    tab.enter("")
    tab.shows("got-ünïñжé")


def test_what_is_pasted_comes_back(ssh, tab):
    tab.paste("echo 'ünï ✓ 日本'" + ANSWER)
    tab.enter("")
    tab.shows("got-ünï ✓ 日本")


def test_what_is_pasted_into_a_file_is_in_it_in_utf_8(ssh, page, tab):
    tab.enter("cat > file")
    tab.paste("ünï ✓ 日本 🚀\n")
    page.keyboard.press("Control+d")
    tab.enter("wc -c < file | sed 's/^/bytes-/'; cat file" + ANSWER)
    tab.shows(f"bytes-{len('ünï ✓ 日本 🚀'.encode()) + 1}")
    tab.shows("got-ünï ✓ 日本 🚀")
