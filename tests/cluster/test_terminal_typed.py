"""What people do in a terminal on a pod: edit a file, watch processes, paste, see colours, leave."""

import pytest

from kt_jupyter.kube import JOBS, PODS


@pytest.fixture
def terminal(shell_pod, attach):
    """A terminal whose shell waits."""
    opened = attach(shell_pod())
    opened.shows("the banner")
    return opened


@pytest.fixture
def needs(terminal):
    """Skip where the image lacks a program."""

    def need(program):
        terminal.enter(f"command -v {program} || echo no-{program}-here; echo looked-$((1 + 1))")
        terminal.shows("looked-2")
        if f"no-{program}-here\n" in terminal.text:
            pytest.skip(f"the image of this cluster's test pods has no {program}")

    return need


def test_vi_edits_a_file_and_saves_it(terminal, needs):
    needs("vi")
    terminal.enter("echo first > file; vi file")
    terminal.shows("~", times=3)  # beyond the file's end
    terminal.type("osecond")
    terminal.shows("second")
    before = terminal.raw.count(b"\x07")
    terminal.type("\x1b\x1b")
    terminal.gets(b"\x07", times=before + 1)  # the second Esc has nothing left to end, and vi rings the bell
    terminal.enter(":wq")
    terminal.gets(b"\x1b[?1049l")  # it has given the screen back
    terminal.enter("echo $(cat file) saved")
    terminal.shows("first second saved")


def test_top_draws_itself_anew_and_q_leaves_it(terminal, needs):
    needs("top")
    terminal.enter("top -d 1")
    terminal.shows("oad average: ", times=3)  # procps writes it small, busybox large
    prompts = terminal.text.count("ready> ")
    terminal.type("q")
    terminal.shows("ready> ", times=prompts + 1)  # what is typed before, top throws away
    terminal.enter("echo left-$((1 + 1))")
    terminal.shows("left-2")


def test_colours_arrive_as_the_program_wrote_them(terminal):
    terminal.enter(r"printf '\033[1;31mred\033[0m \033[38;2;1;2;3mtrue\033[0m\n'")
    terminal.gets(b"\x1b[1;31mred\x1b[0m \x1b[38;2;1;2;3mtrue\x1b[0m\r\n")


def test_a_bracketed_paste_passes_untouched(terminal):
    paste = "\x1b[200~a\rb;\x1b[201~"
    read = f"x=$(head -c {len(paste)} | od -An -tx1)"
    terminal.enter(rf"stty raw -echo; printf '\033[?2004hgo-%s' $((1 + 1)); {read}; stty sane; echo got $x")
    terminal.gets(b"\x1b[?2004hgo-2")
    terminal.type(paste)
    terminal.shows(f"got {paste.encode().hex(' ')}")


def test_ctrl_d_ends_the_shell_and_its_pod(shell_pod, attach, workloads):
    pod = shell_pod()
    terminal = attach(pod)
    terminal.enter("PS1='here: '")
    terminal.gets(b"\nhere: ")
    terminal.type("\x04")
    assert terminal.ended() == 0
    workloads.gone(JOBS, "shell")
    workloads.gone(PODS, pod)
