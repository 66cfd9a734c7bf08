"""A value stays a value: no text of a model or caller becomes a path, a header or a member of JSON."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biami_engine.tools.arguments import ArgumentError
from biami_engine.tools.template import fill_body, fill_header, fill_url, names_in

URL = "https://api.example.org/orders/{order}/items?name={name}&all=1"


def test_a_url_is_filled() -> None:
    filled = fill_url(URL, {"order": 12, "name": "Müller & Söhne"})
    assert filled == "https://api.example.org/orders/12/items?name=M%C3%BCller%20%26%20S%C3%B6hne&all=1"
    assert fill_url(URL, {"order": "a"}) == "https://api.example.org/orders/a/items?name=&all=1"


@given(order=st.text(), name=st.text())
def test_no_value_leaves_its_place_in_a_url(order: str, name: str) -> None:
    try:
        url = urlsplit(fill_url(URL, {"order": order, "name": name}))
    except ArgumentError:
        assert order in (".", "..")
        return
    except UnicodeEncodeError:
        return  # a lone surrogate is no text
    assert (url.scheme, url.netloc, url.fragment) == ("https", "api.example.org", "")
    assert [unquote(part) for part in url.path.split("/")] == ["", "orders", order, "items"]
    assert parse_qs(url.query, keep_blank_values=True) == {"name": [name], "all": ["1"]}


@pytest.mark.parametrize("order", [".", ".."])
def test_a_value_does_not_climb(order: str) -> None:
    with pytest.raises(ArgumentError, match="must not be a path"):
        fill_url(URL, {"order": order})
    with pytest.raises(ArgumentError, match="must not be a path"):
        fill_url("https://a/{x}{y}/b", {"x": ".", "y": "."})


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "\x00", "\x7f"])
def test_a_header_stays_one_line(value: str) -> None:
    with pytest.raises(ArgumentError, match="single line"):
        fill_header("Bearer {token}", {"token": value})


def test_a_body_keeps_the_kinds_of_values() -> None:
    template = {
        "id": "{id}",
        "note": "Nr. {id} for {who}",
        "tags": ["{tags}", "fixed"],
        "none": None,
        "gone": "{absent}",
    }
    assert fill_body(template, {"id": 5, "who": 'A "quoted" {id}', "tags": ["x"]}) == {
        "id": 5,
        "note": 'Nr. 5 for A "quoted" {id}',
        "tags": [["x"], "fixed"],
        "none": None,
    }


@given(st.text())
def test_no_text_breaks_out_of_a_body(text: str) -> None:
    sent = json.loads(json.dumps(fill_body({"a": "say {text}!", "b": "{text}"}, {"text": text})))
    assert sent == {"a": f"say {text}!", "b": text}


def test_placeholders_are_found_everywhere_but_in_keys() -> None:
    assert names_in({"{key}": ["{a}", {"x": "{b} {c}"}], "n": 5}) == {"a", "b", "c"}
