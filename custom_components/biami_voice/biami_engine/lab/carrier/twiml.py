"""Reading TwiML, and the plain parts of it: verbs as XML elements, attributes checked against the documented ones."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

from .account import Alert
from .stream import StreamPlan

ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "Connect": frozenset({"action", "method"}),
    "Stream": frozenset({"url", "name", "track", "statusCallback", "statusCallbackMethod"}),
    "Parameter": frozenset({"name", "value"}),
    "Say": frozenset({"voice", "language", "loop"}),
    "Play": frozenset({"digits", "loop"}),
    "Pause": frozenset({"length"}),
    "Gather": frozenset({"input", "action", "method", "timeout", "numDigits", "finishOnKey", "actionOnEmptyResult"}),
    "Dial": frozenset({"action", "method", "callerId", "timeout", "timeLimit", "answerOnBridge", "hangupOnStar"}),
    "Number": frozenset({"sendDigits", "url", "method", "statusCallback", "statusCallbackEvent"}),
    "Redirect": frozenset({"method"}),
    "Hangup": frozenset(),
    "Reject": frozenset({"reason"}),
    "Response": frozenset(),
}
MAX_PARAMETER_CHARACTERS = 500


class TwimlError(Exception):
    """TwiML that Twilio does not run; `code` is what its debugger shows."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        super().__init__(text)


def parse(document: str) -> ElementTree.Element:
    """The `<Response>`; raises TwimlError 12100 for broken XML."""
    try:
        root = ElementTree.fromstring(document.strip())
    except ElementTree.ParseError as error:
        raise TwimlError(12100, f"document parse failure: {error}") from None
    if root.tag != "Response":
        raise TwimlError(12100, f"root element <{root.tag}>")
    return root


def schema_warnings(root: ElementTree.Element, call_sid: str) -> list[Alert]:
    """12200 for each unknown verb and attribute; Twilio ignores them, so does the lab."""
    alerts = []
    for element in root.iter():
        known = ATTRIBUTES.get(element.tag)
        if known is None:
            alerts.append(Alert(12200, call_sid, f"unknown element <{element.tag}>"))
        elif unknown := set(element.keys()) - known:
            alerts.append(Alert(12200, call_sid, f"<{element.tag}> with {', '.join(sorted(unknown))}"))
    return alerts


def read_stream(element: ElementTree.Element, base_url: str) -> StreamPlan:
    """A `<Stream>` inside `<Connect>`; raises TwimlError where Twilio would not connect."""
    url = element.get("url", "")
    if url.startswith("/"):
        url = urljoin(base_url, url).replace("http", "ws", 1)
    _check_stream_url(url)
    if element.get("track", "inbound_track") != "inbound_track":
        raise TwimlError(31941, f"track {element.get('track')!r} in <Connect>")
    return StreamPlan(
        url=url,
        name=element.get("name", ""),
        parameters=_parameters(element),
        status_callback=urljoin(base_url, element.get("statusCallback", "")) if element.get("statusCallback") else "",
        status_callback_method=element.get("statusCallbackMethod", "POST"),
    )


def _check_stream_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "ws" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
        raise TwimlError(31922, "only wss, except on loopback")
    if parts.scheme not in {"ws", "wss"} or not parts.hostname:
        raise TwimlError(31922, f"stream url {url!r}")
    if parts.query:
        raise TwimlError(31920, "a stream url carries no query string")


def _parameters(element: ElementTree.Element) -> dict[str, str]:
    parameters = {}
    for child in element.iter("Parameter"):
        name, value = child.get("name", ""), child.get("value", "")
        if not name or len(name) + len(value) >= MAX_PARAMETER_CHARACTERS:
            raise TwimlError(12200, f"<Parameter> {name[:40]!r} without name or too long")
        parameters[name] = value
    return parameters
