"""Commands that are printed: a shell that is given one calls the program with exactly these words."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.cli.pasting import command

WORDS = [
    "plain",
    "with space",
    "it's",
    "$(rm -rf x)",
    "a;b",
    "back\\slash",
    "日本",
    "nb\u00a0sp",
    "rtl\u202ename",
    "😀\u200d",
]


def received(printed: str) -> list[str]:
    """The words that bash gives a program."""
    script = f'image-release() {{ printf "%s\\0" "$@"; }}; {printed}'
    found = subprocess.run(["bash", "-c", script], capture_output=True, env={"LC_ALL": "C.UTF-8"}, check=True)
    return found.stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_arrives_as_it_is(word):
    assert received(command("./workspace", ["accept", "release"], [word])) == ["accept", "release", word]


@pytest.mark.parametrize("word", [*WORDS, "\x1b]0;title\x07"])
def test_a_command_can_be_shown_on_a_terminal(word):
    assert command(word, ["accept", "release"], [word]).isprintable()


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20))
def test_any_text_is_printable(word):
    assert command("./workspace", ["accept", "release"], [word]).isprintable()


def test_the_workspace_is_named_where_it_is_not_the_default_one():
    assert command("./workspace", ["run"]) == "image-release run"
    assert command("my files/ws", ["run"]) == "image-release run --workspace 'my files/ws'"


def test_an_argument_never_becomes_an_option():
    assert received(command("w", ["accept", "release"], ["--json"])) == [
        "accept",
        "release",
        "--workspace",
        "w",
        "--",
        "--json",
    ]
