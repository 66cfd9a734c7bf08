"""Looking something up: the right entry first, its source named, and nothing where nothing is written down."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from biami_engine.config import EngineConfig, InfoConfig, ToolsConfig
from biami_voice_daemon.info import InfoFiles, info_files
from biami_voice_daemon.info.words import words
from biami_voice_daemon.settings import shipped_config_dir

FIRM = """\
Notes before the first heading: the house is yellow.

# Firma Müller

## Öffnungszeiten
Montag bis Freitag von 9 bis 17 Uhr. *Samstags* [auf Anfrage](https://example.org).

## Parkplätze ##
Im Hof.

### Fahrräder
Vor der Tür.

```
# no heading
```

## Empty
"""
PRICES = """\
Haircut: 20 dollars
Colour:
  price: 60 dollars
  includes: [wash, cut]
  pets allowed: false
Nothing:
"""
QUESTIONS = "- {question: Do you take dogs?, answer: Only small ones.}\n- Loose words about candles.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "firm.md").write_text(FIRM, encoding="utf-8")
    (tmp_path / "sub" / "prices.yaml").write_text(PRICES)
    (tmp_path / "faq.yml").write_text(QUESTIONS)
    return tmp_path


async def sources(folder: Path, question: str) -> list[str]:
    return [entry.source for entry in await InfoFiles(folder).search(question)]


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("Wann haben Sie geöffnet, was sind die Öffnungszeiten?", "firm.md, “Öffnungszeiten”"),
        ("oeffnungszeiten am Montag", "firm.md, “Öffnungszeiten”"),
        ("Gibt es einen Parkplatz?", "firm.md, “Parkplätze”"),
        ("Wohin mit dem Fahrrad?", "firm.md, “Fahrräder”"),
        ("Is the house yellow?", "firm.md"),
        ("How much is a haircut?", "sub/prices.yaml, “Haircut”"),
        ("prices of haircuts", "sub/prices.yaml, “Haircut”"),
        ("Can I bring my dog?", "faq.yml, “Do you take dogs?”"),
        ("candle", "faq.yml, “faq”"),
    ],
)
async def test_the_right_entry_comes_first(folder: Path, question: str, source: str) -> None:
    assert (await sources(folder, question))[:1] == [source]


@pytest.mark.parametrize(
    "question", ["Who is the president of France?", "", "???", "the of and", "wifi password", "x" * 10_000, "’’’ — 💈"]
)
async def test_what_is_not_written_down_is_not_found(folder: Path, question: str) -> None:
    assert await sources(folder, question) == []


async def test_an_entry_reads_as_it_is_spoken(folder: Path) -> None:
    info = InfoFiles(folder)
    (hours,) = await info.search("Öffnungszeiten")
    assert hours.heading == "Firma Müller / Öffnungszeiten"
    assert hours.text == "Montag bis Freitag von 9 bis 17 Uhr. Samstags auf Anfrage."
    (colour,) = await info.search("price of a colour with wash", 1)
    assert colour.text == "price: 60 dollars\nincludes: \nwash\ncut\npets allowed: no"
    assert "Firma Müller / Parkplätze / Fahrräder" in await info.topics()
    assert not any("Empty" in topic or "Nothing" in topic or "no heading" in topic for topic in await info.topics())


async def test_changes_are_seen(folder: Path) -> None:
    info = InfoFiles(folder)
    assert await info.search("candle")
    (folder / "faq.yml").write_text("Lamps: many\n")
    assert not await info.search("candle")
    assert await info.search("lamp")
    (folder / "faq.yml").unlink()
    assert not await info.search("lamp")


async def test_a_broken_file_is_named_and_the_others_count(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "broken.yaml").write_text("a: [1\nb: {")
    (folder / "evil.yaml").write_text("a: !!python/object/apply:os.system [false]")
    (folder / "latin.md").write_bytes(b"# Caf\xe9\nyes")
    (folder / "huge.md").write_text("# Huge\n" + "word " * 300_000)
    (folder / "empty.md").write_text("")
    (folder / "deep.yaml").write_text("[" * 2000)
    (folder / ".hidden.md").write_text("# Zebra\nzebra")
    with caplog.at_level(logging.WARNING):
        assert await sources(folder, "haircut") == ["sub/prices.yaml, “Haircut”"]
    named = {record.args[0] for record in caplog.records if isinstance(record.args, tuple) and record.args}
    assert {"broken.yaml", "evil.yaml", "latin.md", "huge.md", "deep.yaml"} <= named
    assert not await sources(folder, "zebra")


async def test_a_folder_without_anything_finds_nothing(tmp_path: Path) -> None:
    assert await sources(tmp_path, "anything") == []
    assert await sources(tmp_path / "gone", "anything") == []


async def test_a_single_file_is_enough(folder: Path) -> None:
    config = EngineConfig(tools=ToolsConfig(info=InfoConfig("firm.md")), config_dir=str(folder))
    info = info_files(config)
    assert info is not None
    assert [entry.source for entry in await info.search("Parkplatz", 1)] == ["firm.md, “Parkplätze”"]
    assert info_files(EngineConfig()) is None


async def test_the_shipped_files_answer() -> None:
    folder = shipped_config_dir() / "info"
    for question, source in {
        "When are you open?": "firm.md, “Opening hours”",
        "How much is an inspection of my bicycle?": "prices.yaml, “Inspection”",
        "Can I pay by card?": "firm.md, “Payment”",
        "I lost my glove": "firm.md, “Lost property”",
    }.items():
        assert (await sources(folder, question))[:1] == [source], question


def test_forms_of_a_word_meet() -> None:
    pairs = [
        ("opening", "open"),
        ("Preise", "Preis"),
        ("deliveries", "delivery"),
        ("payments", "pay"),
        ("stopped", "stop"),
    ]
    for one, other in pairs:
        assert words(one)[0][:4] == words(other)[0][:4], (one, other)
    assert words("Straße") == words("strasse")
    assert words("A1 is 20% of 5") == ["a1", "20", "5"]
