"""What ``%magic?`` and ``--help`` say, from the table the parser reads."""

from __future__ import annotations

from collections.abc import Sequence

from kt_jupyter.notebook.magics.arguments import Verb


def magic_help(name: str, summary: str, verbs: Sequence[Verb], default: str) -> str:
    """Say what a magic is for and what each of its verbs does, with examples."""
    width = max(len(verb.name) for verb in verbs)
    return "\n".join(
        [
            summary,
            "",
            f"    %{name} VERB …      without a verb: {default}",
            "",
            "Verbs",
            *(f"    {verb.name:<{width}}  {verb.summary}" for verb in verbs),
            "",
            f"The options of a verb: %{name} {verbs[0].name} --help",
            f"Each verb returns what it made or read: x = %{name} …",
            "",
            "Examples",
            *(f"    {example}" for verb in verbs for example in verb.examples),
        ]
    )


def verb_help(name: str, verb: Verb) -> str:
    """Say what one verb of a magic does and takes."""
    rows = [(argument.shown, argument.help) for argument in (*verb.positionals, *verb.options)]
    width = max(len(shown) for shown, _ in rows)
    places = "".join(
        f" {each.name.upper()}" if each.required else f" [{each.name.upper()}]" for each in verb.positionals
    )
    examples = ["", "Examples", *(f"    {example}" for example in verb.examples)] if verb.examples else []
    return "\n".join(
        [
            f"{verb.of(name)}{places} [options]",
            f"    {verb.summary}",
            "",
            *(f"    {shown:<{width}}  {text}" for shown, text in rows),
            *examples,
        ]
    )
