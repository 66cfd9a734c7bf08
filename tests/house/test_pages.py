"""The tests of the documentation read pages rightly: a mistake there would let everything pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from .pages import anchors, blocks, links, sections

PAGE = """# Settings

Intro with a [link](other.md#there) and ![picture](shot.png "title").

## `server`

| Key | Default |
| --- | --- |
| `port` | `8080` |

### `server.host`

Text.

## Lines & more

```yaml
# not a heading
lines: {} # see [no link](nowhere.md)
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    return path


def test_sections_hold_what_stands_under_them(page: Path) -> None:
    found = {section.heading: section for section in sections(page)}
    assert list(found) == ["Settings", "`server`", "`server.host`", "Lines & more"]
    assert "Lines & more" in found["Settings"].text
    assert "Lines & more" not in found["`server`"].text


def test_keys_are_code_in_first_cells_and_headings(page: Path) -> None:
    _, server, *_ = sections(page)
    assert server.keys == {"server", "port", "server.host"}


def test_links_and_anchors_ignore_code(page: Path) -> None:
    assert links(page) == ["other.md#there", "shot.png"]
    assert anchors(page) == {"settings", "server", "serverhost", "lines--more"}


def test_blocks_know_their_language_and_line(page: Path) -> None:
    (block,) = blocks(page)
    assert (block.language, block.line) == ("yaml", 17)
    assert block.text.startswith("# not a heading\n")
