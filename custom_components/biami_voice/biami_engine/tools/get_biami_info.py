from __future__ import annotations

from typing import Annotated, Any

from .ports import Info

MAX_ANSWER_CHARACTERS = 1500
NOT_FOUND = (
    "Nothing fits these words. If one of the headings is what is meant, ask again in its words. "
    "Otherwise say that you do not know it, invent nothing, and offer to take a message."
)


async def get_biami_info(
    question: Annotated[str, "What the caller wants to know, in full words."],
    *,
    info: Info,
) -> dict[str, Any]:
    """Look up facts about this house or firm: opening hours, prices, services, directions, policies. Say only what
    it answers. When nothing is found, say that you do not know."""
    if not question.strip():
        raise ValueError("Ask a question.")
    entries = await info.search(question)
    if not entries:
        return {"found": False, "note": NOT_FOUND, "headings": list(await info.topics())}
    return {
        "found": True,
        "answers": [
            {"heading": entry.heading, "text": entry.text[:MAX_ANSWER_CHARACTERS], "source": entry.source}
            for entry in entries
        ],
    }
