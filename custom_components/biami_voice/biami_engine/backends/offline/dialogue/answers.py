"""Short answers in normalised text: yes or no, a choice, a name, a contact."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz.fuzz import ratio

MIN_NAME = 76
"""How near a word must be to a name that is known."""
MIN_SHORT_NAME = 80

_YES = re.compile(
    r"^(?:(?:oh|well|um|uh|and) )*(?:yes|yeah|yep|yup|yah|ya|sure|of course|correct|right|exactly|absolutely|definitely"
    r"|certainly|please do|go ahead|ok|okay|alright|all right|fine|i do|i would|it is|that is (?:right|correct|fine)"
    r"|that's (?:right|correct|fine|it|good|great|perfect)|that works|perfect|great|sounds good|do it|please)\b"
)
_NO = re.compile(
    r"^(?:(?:oh|well|um|uh|actually|sorry) )*(?:no|nope|nah|not really|not quite|not yet|not now|wrong|incorrect"
    r"|that is (?:wrong|not)|that's (?:wrong|not)|it is not|it's not|it isn't|it did not|it didn't|it doesn't|i don't"
    r"|i do not|don't|do not|never|neither|none|rather not)\b"
)
_LEAD_IN = re.compile(
    r"^(?:(?:yes|yeah|oh|well|um|uh|hello|hi|sure|okay|please|it's for|it is for|this is for|for) )*"
    r"(?:(?:my (?:full |first |last )?name is|my name's|the name is|name is|this is|it's|it is|i'm|i am|call me|that's"
    r"|that is|for|under|put it under) )*"
)
_FIRST_OF = re.compile(r"\b(?:the )?(?:1st|first|earlier|former)\b")
_LAST_OF = re.compile(r"\b(?:the )?(?:last|later|latter)\b")


def yes_no(text: str) -> bool | None:
    """None: it is neither."""
    if _NO.match(text):
        return False
    return True if _YES.match(text) else None


def without_yes_no(text: str) -> str:
    """What follows: `no, tuesday` is `tuesday`."""
    pattern = _NO if _NO.match(text) else _YES
    return re.sub(r"^(?:but|and|then|so)\b", "", pattern.sub("", text, count=1).strip()).strip()


def ordinal_of(text: str, count: int) -> int | None:
    """Which of `count` offers is meant by its place: an index."""
    for number in range(1, count + 1):
        if re.search(rf"\b(?:the )?{number}(?:st|nd|rd|th)\b|\b(?:number|option) {number}\b", text):
            return number - 1
    if _FIRST_OF.search(text):
        return 0
    return count - 1 if _LAST_OF.search(text) else None


def choice_of(text: str, choices: Sequence[str]) -> int | None:
    """Which choice is named, by its place or by its words: an index."""
    scores = [_best_window(text, choice.lower()) for choice in choices]
    best = max(range(len(choices)), key=scores.__getitem__, default=None)
    if best is not None and scores[best] >= MIN_NAME and scores.count(scores[best]) == 1:
        return best
    return ordinal_of(text, len(choices))


def contact_of(text: str, names: Sequence[str]) -> str | None:
    """The one known name that stands in the text, misheard by a letter or two."""
    found: list[tuple[float, str]] = []
    for name in names:
        plain = name.lower().replace("_", " ").replace("-", " ")
        score = max(_best_window(text, part) for part in {plain, plain.split()[0]})
        if score >= (MIN_SHORT_NAME if len(plain) <= 4 else MIN_NAME):
            found.append((score, name))
    found.sort(reverse=True)
    if not found or (len(found) > 1 and found[0][0] == found[1][0]):
        return None
    return found[0][1]


def _best_window(text: str, wanted: str) -> float:
    words, size = text.split(), len(wanted.split())
    windows = [" ".join(words[at : at + size]) for at in range(max(1, len(words) - size + 1))]
    return max((ratio(window.removesuffix("'s"), wanted) for window in windows), default=0.0)


def name_of(text: str) -> str:
    """A person's name as it is said: `my name is anna smith please` is `Anna Smith`."""
    bare = re.sub(r"\b(?:please|thanks|thank you|speaking|here)$", "", _LEAD_IN.sub("", text).strip()).strip()
    words = bare.split()
    return " ".join(word.capitalize() for word in words) if 0 < len(words) <= 5 else ""
