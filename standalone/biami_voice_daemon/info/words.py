"""Text to the words that count: English and German, without endings, umlauts in either spelling."""

from __future__ import annotations

import re
import unicodedata

_STOP_WORDS = """
a about after all also am an and any are as at be been but by can could did do does for from get give had has have
having he her here hers him his how i if in into is it its just know like long many may me might much must my near no
not of off on or our out please shall she should so some tell than that the their them then there these they this those
to today up us was we were what when where which while who whom whose why will with would you your yours yes
aber alle als also am an auch auf aus bei bin bis bitte bist da dann das dass dein dem den der des die dies diese dir
doch du durch ein eine einem einen einer eines er es euch euer eure fuer gibt habe haben hat hatte ich ihm ihn ihr ihre
im in ist ja kann keine kein koennen koennte man mein mich mir mit muss nach nein nicht noch nur ob oder ohne sein seine
sich sie sind so ueber um und uns unser unsere vom von vor wann war was weil welche welcher wenn wer wie wir wird wo
wuerde zu zum zur
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "’": "'"})
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_ENDINGS = {"ment": 3, "ing": 3, "ung": 4, "ed": 4, "en": 4, "er": 4, "es": 4, "em": 4, "et": 4, "e": 4, "y": 4, "s": 3}
"""And how many letters must stay: `opened` and `opening` are `open`, which itself stays what it is."""


def words(text: str) -> list[str]:
    """Every word that counts, in order, as its stem."""
    folded = unicodedata.normalize("NFC", text).casefold().translate(_FOLDED)
    plain = "".join(c for c in unicodedata.normalize("NFD", folded) if not unicodedata.combining(c))
    found = (word.removesuffix("'s").replace("'", "") for word in _WORD.findall(plain))
    return [stem(word) for word in found if word not in STOP_WORDS and (len(word) > 1 or word.isdigit())]


def stem(word: str) -> str:
    """Endings go one after the other; forms of a word need only meet, not be right."""
    while not word.isdigit():
        ending = next((e for e, least in _ENDINGS.items() if word.endswith(e) and len(word) - len(e) >= least), None)
        if ending is None or word.endswith(("ss", "us", "is")):
            break
        word = word[: -len(ending)]
        if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "aeiouls":
            word = word[:-1]
    return word
