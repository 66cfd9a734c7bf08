from __future__ import annotations

from pathlib import Path

import pytest

from biami_engine.audio.frame import PCM16_16K
from biami_engine.audio.tones import beep
from biami_engine.audio.wav import write_wav
from biami_engine.backends.scripted import BUILT_IN
from biami_engine.backends.scripted.dialogue import Goto, Play, Pressed, Say, Spoke, StayedSilent, UseTool
from biami_engine.backends.scripted.loading import load_dialogue
from biami_engine.errors import ConfigError

ROOT = Path(__file__).parents[4]


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "dialogue.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_everything_a_dialogue_can_say(tmp_path: Path) -> None:
    (tmp_path / "jingle.wav").write_bytes(write_wav(beep(PCM16_16K)))
    path = written(
        tmp_path,
        """
voice: flite
variables: {firm: Biami, year: 2026}
greeting: Hello from {firm}.
steps:
  - name: menu
    do: [{say: Press one.}, {play: jingle.wav}]
    listen: 8
    repeat: 2
    on_speech: {say: Yes.}
    on_dtmf:
      1: end
      "#": [{tool: {name: send_dtmf, arguments: {digits: 1w2}}}, {goto: end}]
      any: {say: Not this one.}
    on_silence: [{say: Still there?}]
  - name: end
    do:
      - hang_up: done
""",
    )
    dialogue = load_dialogue(path)
    assert dialogue.voice == "flite"
    assert dialogue.variables == {"firm": "Biami", "year": "2026"}
    assert dialogue.greeting == (Say("Hello from {firm}."),)
    menu, end = dialogue.steps
    assert menu.listen_seconds == 8
    assert menu.repeat == 2
    assert menu.do[0] == Say("Press one.")
    assert isinstance(menu.do[1], Play)
    assert menu.do[1].audio.format == PCM16_16K
    assert menu.reaction_to(Spoke(500)) == (Say("Yes."),)
    assert menu.reaction_to(Pressed("1")) == (Goto("end"),)
    assert menu.reaction_to(Pressed("#")) == (UseTool("send_dtmf", {"digits": "1w2"}), Goto("end"))
    assert menu.reaction_to(Pressed("7")) == (Say("Not this one."),)
    assert menu.reaction_to(StayedSilent(1)) == (Say("Still there?"),)
    assert end.do == (UseTool("end_call", {"reason": "done"}),)
    assert end.reaction_to(Pressed("7")) is None
    assert dialogue.position("end") == 1


@pytest.mark.parametrize(
    "path", [BUILT_IN, *sorted((ROOT / "config" / "dialogues").glob("*.yaml"))], ids=lambda p: p.name
)
def test_the_shipped_dialogues_can_be_read_and_need_nothing(path: Path) -> None:
    assert load_dialogue(path).missing({}) == []


@pytest.mark.parametrize("text", ["{}", "greeting: Hello."])
def test_a_dialogue_may_be_short(tmp_path: Path, text: str) -> None:
    assert len(load_dialogue(written(tmp_path, text)).steps) == 1


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ("greeting: Hi\ncolour: red\n", 2, "colour", "unknown key"),
        ("steps:\n  - listen: 5\n    lissen: 6\n", 3, "steps.0.lissen", "unknown key"),
        ("steps:\n  - listen: 5\n  - listen: soon\n", 3, "steps.1.listen", "must be seconds"),
        ("steps:\n  - listen: 0.1\n", 2, "steps.0.listen", "at least 0.5"),
        ("steps:\n  - do:\n      - say: Hi\n      - sing: Hi\n", 4, "steps.0.do.1.sing", "unknown key"),
        ("steps:\n  - do:\n      - {say: Hi, goto: x}\n", 3, "steps.0.do.0", "must be one of say, play"),
        ('greeting: ""\n', 1, "greeting", "must not be empty"),
        ("steps:\n  - name: a\n    on_speech: b\n", 3, "steps.0.on_speech", "no step 'b'"),
        ("greeting:\n  - goto: b\n", 1, "greeting", "no step 'b'"),
        ("steps:\n  - name: a\n    on_dtmf:\n      1: a\n      10: a\n", 5, "steps.0.on_dtmf.10", "telephone key"),
        ("steps:\n  - name: a\n  - name: a\n", 2, "steps.0.name", "two steps are called 'a'"),
        ("steps:\n  - on_silence: {say: Hi}\n", 2, "steps.0.on_silence", "needs listen"),
        ("steps:\n  - do: [{hang_up: true}, {say: Hi}]\n", 2, "steps.0.do", "nothing can follow"),
        ("steps:\n  - do: [{hang_up: false}]\n", 2, "steps.0.do.0.hang_up", "true or a reason"),
        ("steps:\n  - do: {play: none.wav}\n", 2, "steps.0.do", "cannot play none.wav"),
        ("steps:\n  - do: {tool: {name: x, arguments: {day: 2026-01-01}}}\n", 2, "steps.0.do", "JSON"),
        ("steps:\n  - do: {tool: {arguments: {}}}\n", 2, "steps.0.do.tool.name", "required"),
        ("steps:\n  - {name: a, do: [{goto: b}]}\n  - {name: b, do: [{goto: a}]}\n", 2, "steps.0.do", "circles"),
        ("steps:\n  - {name: a, do: [{goto: a}]}\n", 2, "steps.0.do", "circles"),
        ("- just\n- a list\n", 1, "", "must be a mapping"),
        ("just a text", 1, "", "must be a mapping"),
        ("", 1, "", "must be a mapping"),
        ("greeting: Hi\nsteps: [}\n", 2, "", "is not YAML"),
        ("greeting: Hi\ngreeting: Ho\n", 2, "", "is not YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, line: int, key: str, words: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_dialogue(path)
    assert caught.value.source == f"{path}:{line}"
    assert caught.value.path == key
    assert words in caught.value.message


def test_a_file_that_is_not_there_or_not_text_or_too_large(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_dialogue(tmp_path / "none.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_dialogue(broken)
    broken.write_bytes(b"#" * (1 << 20 + 1))
    with pytest.raises(ConfigError, match="larger than 1000 kB"):
        load_dialogue(broken)


def test_a_broken_wav_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"RIFF....")
    with pytest.raises(ConfigError, match=r"cannot play bad\.wav"):
        load_dialogue(written(tmp_path, "greeting: {play: bad.wav}"))
