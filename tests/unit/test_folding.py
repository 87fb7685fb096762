"""Names are compared without case and accents, and letters that differ stay different, in every script."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.folding import folded, letters, nearest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("KÖLN", "koln"),
        ("Cadaqués", "CADAQUES"),
        ("İstanbul", "istanbul"),
        ("Iğdır", "IGDIR"),
        ("Straße", "STRASSE"),
        ("Łódź", "lodz"),
        ("København", "kobenhavn"),
        ("Đà Nẵng", "da nang"),
        ("Αθήνα", "ΑΘΗΝΑ"),
        ("Όσος", "ΟΣΟΣ"),
        ("Королёв", "КОРОЛЕВ"),
        ("ＴＯＫＹＯ", "tokyo"),
        ("ｶﾞ", "ガ"),
        ("תֵּל אָבִיב", "תל אביב"),
        ("دُبَيّ", "دبي"),
        ("São\u00a0Paulo", "sao paulo"),
        ("東京\u3000都", "東京 都"),
        ("Bad\u00adGastein", "badgastein"),
        ("می\u200cخواهم", "میخواهم"),
        ("L’Hospitalet", "l'hospitalet"),
        ("Baden‑Baden", "baden-baden"),
        ("  Palma   de Mallorca ", "palma de mallorca"),
    ],
)
def test_one_name_written_in_two_ways_is_one(one, other):
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("か", "が"),
        ("は", "ぱ"),
        ("कि", "कु"),
        ("ड", "ड़"),
        ("ক", "কি"),
        ("ท", "ที่"),
        ("ນ", "ນີ"),
        ("ខ", "ខិ"),
        ("서울", "설"),
        ("ו", "י"),
    ],
)
def test_marks_that_make_another_letter_or_vowel_stay(one, other):
    assert folded(one) != folded(other)


@given(st.text(max_size=30))
def test_every_normal_form_is_one(text):
    assert {folded(unicodedata.normalize(form, text)) for form in ("NFC", "NFD", "NFKC", "NFKD")} == {folded(text)}


@given(st.text(max_size=30))
def test_folding_twice_changes_nothing_more(text):
    assert folded(folded(text)) == folded(text)


def test_a_very_long_text_is_folded_too():
    assert folded("É" * 1_000) == "e" * 1_000


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Four-poster", "four poster"),
        ("Four‑poster", "FOURPOSTER"),
        ("Bird's-eye view", "bird’s eye view"),
        ("Bird's-eye view", "birds eye view"),
        ("Château", "chateau"),
        ("Château", "CHA\u0302TEAU"),
        ("Mixed-use", "mixed use"),
        ("Kitchen & dining room table", "kitchen and dining room table"),
        ("T-shirt", "t_shirt"),
        ("À la carte food", "a la carte food."),
        ("Sunlounger", "sun lounger"),
    ],
)
def test_a_label_in_another_spelling_has_the_same_letters(one, other):
    assert letters(one) == letters(other)


@pytest.mark.parametrize(("one", "other"), [("Bar", "Bad"), ("はば", "ばば"), ("कि", "की"), ("!", "?"), ("-", "")])
def test_names_of_other_letters_or_of_none_stay_apart(one, other):
    assert letters(one) != letters(other)


@given(
    words=st.lists(st.text("abcdefghijklmnopqrstuvwxyz0123456789äéçñ", min_size=1), min_size=1),
    between=st.sampled_from([" ", "-", "'", "’", "–", " - ", "\u00a0"]),
)
def test_how_words_are_joined_and_written_changes_no_letter(words, between):
    assert letters(between.join(words).upper()) == letters("".join(words))


def test_the_letters_of_a_very_long_text_are_found_too():
    assert letters("É-" * 1_000) == "e" * 1_000


def test_the_nearest_names_are_told_first():
    names = ["Madrid", "Bilbao", "Bilboa", "Burgos", "Cádiz"]
    assert nearest("bilbo", names) == ["Bilbao", "Bilboa"]
    assert nearest("CADIX", names) == ["Cádiz"]
    assert nearest("Reykjavik", names) == []
