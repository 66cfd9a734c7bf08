"""Numbers as they are spoken and as a recogniser writes them: "twenty three", "double five", "3:30 p.m."."""

from __future__ import annotations

import re

_ONES = "zero one two three four five six seven eight nine ten"
_TEENS = "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
UNITS = {word: value for value, word in enumerate(f"{_ONES} {_TEENS}".split())}
TENS = {word: 10 * value for value, word in enumerate(_TENS.split(), 2)}
_ORDINAL_WORDS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
ORDINALS = {word: value for value, word in enumerate(_ORDINAL_WORDS.split(), 1)}
ORDINALS |= {f"{word}th": value for word, value in UNITS.items() if value > 13}
ORDINALS |= {"twentieth": 20, "thirtieth": 30}
POINTING = {*ORDINALS, "the", "this", "that", "which", "other", "another", "last", "next", "earlier", "later"}
"""Before it `one` is no number: `the second one`."""
SCALES = {"hundred": 100, "thousand": 1000}

HOMOPHONES = {"oh": "0", "o": "0", "for": "4", "to": "2", "too": "2", "won": "1", "ate": "8", "tree": "3", "fife": "5"}
"""What a recogniser makes of a single digit; believed only where digits are expected."""
REPEATED = {"double": 2, "triple": 3}

_MORROW = re.compile(r"\binto morrow\b")
_AM_PM = re.compile(r"(?<![a-z])([ap])\.?\s?m\b\.?")
_NOISE = re.compile(r"[^\w\s':.+#*]|(?<!\d)[.:]|[.:](?!\d)")


def plain(text: str) -> str:
    """Lower case, no punctuation but that inside numbers, `pm` for `p.m.`."""
    text = text.lower().replace("’", "'").replace("-", " ")
    words = " ".join(_NOISE.sub(" ", _AM_PM.sub(r" \1m ", text)).split())
    return _MORROW.sub("in tomorrow", words).replace("to morrow", "tomorrow")


def normalised(text: str) -> str:
    """The same with numerals for number words."""
    return numerals(plain(text))


def numerals(text: str) -> str:
    """Number words become digits, ordinals too: `the twenty third` is `the 23rd`."""
    words, result, at = text.split(), [], 0
    while at < len(words):
        value, used, ordinal = _number(words[at:])
        if not used or (words[at] == "one" and used == 1 and at and words[at - 1] in POINTING):
            result.append(words[at])
            at += 1
            continue
        result.append(f"{value}{_suffix(value)}" if ordinal else str(value))
        at += used
    return " ".join(result)


def _number(words: list[str]) -> tuple[int, int, bool]:
    """The number that `words` begin with, how many of them it takes, and whether it is an ordinal."""
    value, used, ordinal = _below_hundred(words)
    if used and not ordinal and words[used : used + 1] and words[used] in SCALES:
        value *= SCALES[words[used]]
        used += 1
        rest = words[used + 1 :] if words[used : used + 1] == ["and"] else words[used:]
        more, taken, ordinal = _number(rest)
        if taken:
            value += more
            used += taken + (len(words) - used - len(rest))
    return value, used, ordinal


def _below_hundred(words: list[str]) -> tuple[int, int, bool]:
    first, second = (*words, "", "")[:2]
    if first in ORDINALS:
        return ORDINALS[first], 1, True
    if first in UNITS:
        return UNITS[first], 1, False
    if first not in TENS:
        return 0, 0, False
    if 0 < ORDINALS.get(second, 0) < 10:
        return TENS[first] + ORDINALS[second], 2, True
    if 0 < UNITS.get(second, 0) < 10:
        return TENS[first] + UNITS[second], 2, False
    return TENS[first], 1, False


def _suffix(value: int) -> str:
    return "th" if value % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")


def digits_of(text: str) -> str:
    """The digits of a telephone number in normalised text, a leading plus kept; empty where there are none."""
    digits, times = "", 1
    words = re.sub(r"[.:]", " ", text).split()
    nothing_else = all(word.isdecimal() or word in HOMOPHONES for word in words)
    for word in words:
        if word in REPEATED:
            times = REPEATED[word]
            continue
        alike = HOMOPHONES.get(word, "") if digits or nothing_else else ""
        found = word.lstrip("+") if word.lstrip("+").isdecimal() else alike
        if (word.startswith("+") or word == "plus") and not digits:
            digits = "+"
        digits += found * times
        times = 1
    return digits.rstrip("+")


def number_of(text: str) -> float | None:
    """The first number in normalised text."""
    found = re.search(r"(?<![\w.])-?\d+(?:\.\d+)?", text)
    return float(found.group()) if found else None


def spoken_digits(digits: str) -> str:
    """In threes, as people read a number back."""
    plain = digits.lstrip("+")
    groups = [" ".join(plain[start : start + 3]) for start in range(0, len(plain), 3)]
    return ("plus " if digits.startswith("+") else "") + ", ".join(groups)
