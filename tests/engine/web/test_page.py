import re

import pytest

from biami_engine.web.page import STATIC

from .conftest import Server


async def test_the_page_may_load_nothing_from_elsewhere(server: Server) -> None:
    async with server.session.get(f"{server.url}/") as response:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.content_type == "text/html"
        page = await response.text()
    assert re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page) == []
    assert re.findall(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", page) == [], "the policy forbids inline code"


async def test_every_file_the_page_names_is_served_with_its_type(server: Server) -> None:
    types = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
    text = "".join(path.read_text("utf-8") for path in STATIC.iterdir() if path.suffix in types)
    named = set(re.findall(r"/static/([\w.-]+\.\w+)", text)) | set(re.findall(r'from "\./([\w.-]+)"', text))
    assert {"app.js", "style.css", "resampler.js"} <= named
    for name in named | {"recorder-worklet.js", "player-worklet.js"}:
        async with server.session.get(f"{server.url}/static/{name}") as response:
            assert response.status == 200, name
            assert response.content_type == types[f".{name.rsplit('.', 1)[1]}"]
            assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["nothing.js", "..%2fpage.py", "%2e%2e%2f%2e%2e%2fengine.py", "page.py"])
async def test_nothing_else_is_served(server: Server, name: str) -> None:
    async with server.session.get(f"{server.url}/static/{name}") as response:
        assert response.status == 404
