"""The engine's configuration as frozen dataclasses; `config_schema` makes them from plain dicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any, Literal

DEFAULT_TWILIO_API = "https://api.twilio.com"


@dataclass(frozen=True, slots=True)
class ServerConfig:
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    api_token: str = field(default="", repr=False)
    cors_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    drain_seconds: float = 20.0
    """How long running calls may go on after the first signal to stop."""
    zeroconf: bool | None = None
    """Announce the daemon on the local network; None: only where it listens beyond loopback."""


@dataclass(frozen=True, slots=True)
class TwilioLine:
    """`numbers` in E.164; `context` answers its calls; `region` reads national numbers (`5555551234`)."""

    name: str
    account_sid: str
    auth_token: str = field(repr=False)
    number: str
    context: str = "general"
    region: str = ""
    api_url: str = DEFAULT_TWILIO_API
    answer_calls: bool = True
    validate_signatures: bool = True
    transport: Literal["twilio"] = "twilio"


@dataclass(frozen=True, slots=True)
class BrowserLine:
    name: str
    context: str = "general"
    transport: Literal["browser"] = "browser"


@dataclass(frozen=True, slots=True)
class LoopbackLine:
    """A line inside the process, for tests and previews: what one end plays, the other hears."""

    name: str
    context: str = "general"
    transport: Literal["loopback"] = "loopback"


LineConfig = TwilioLine | BrowserLine | LoopbackLine


@dataclass(frozen=True, slots=True)
class BackendConfig:
    """`options` are the settings of this backend's type, checked by its schema."""

    name: str
    type: str
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


Opening = Literal["say_first", "wait_for_caller", "listen_then_speak"]


@dataclass(frozen=True, slots=True)
class TurnConfig:
    """`interruptions` off: the agent cannot be interrupted. `confirm_ms` 0: an interruption is believed at once; else
    playback pauses at a possible one and goes on unless speech lasts that long."""

    interruptions: bool = True
    confirm_ms: int = 250
    judge_up_to_ms: int = 1400
    """A confirmed interruption this short is judged by its words: "mm-hm" does not take the turn. The silence that ends
    a turn counts: less than 500 ms more than a short word leaves no time for one."""
    protect_ms: int = 0
    """So long after the first heard sound of an answer nobody interrupts it: the echo of its beginning is no caller."""
    protect_first_sentence: bool = False
    speakerphone: bool = False
    """The line sends our own voice back: the agent speaks on, and only words that are not its own take the turn."""


@dataclass(frozen=True, slots=True)
class IdleConfig:
    """After `after_seconds` of silence on both sides the agent asks (`prompts`, in turn), then says `goodbye`."""

    after_seconds: float = 12.0
    prompts: tuple[str, ...] = ("Are you still there?",)
    goodbye: str = "I cannot hear you. Goodbye."
    absolute_silence_seconds: float = 60.0
    """No voice of the caller for so long ends the call whatever the agent says."""


@dataclass(frozen=True, slots=True)
class FailoverConfig:
    """When the backend is lost in a call: tried again `reconnects` times where that may help, then `backends` in turn;
    the caller hears `words` meanwhile, and the conversation so far is told to the new one."""

    reconnects: int = 1
    backends: tuple[str, ...] = ()
    transfer: str = ""
    """A contact to whom the caller is passed on when no backend is left."""
    words: str = "One moment, please."


@dataclass(frozen=True, slots=True)
class AnsweringConfig:
    """Who answered a placed call. `detect`: once the far end speaks, the agent's words wait until that is known; it
    needs a backend that knows the caller's words. `carrier`: Twilio's own detection is asked too (it is billed by the
    call)."""

    detect: bool = True
    carrier: bool = False
    on_voicemail: Literal["hang_up", "leave_message", "retry"] = "hang_up"
    """`retry` hangs up, and the call's outcome says that another try is worth it."""
    message: str = "Hello. I am sorry to have missed you. I will try again later. Goodbye."


@dataclass(frozen=True, slots=True)
class OfferConfig:
    """A question whose yes begins a matter: `book`, `message`, `transfer`, `callback`, …"""

    say: str
    flow: str


@dataclass(frozen=True, slots=True)
class IntentConfig:
    """Something a caller may want, as the offline backend understands it; what follows is one of `say` alone, `flow`,
    `offer`, `look_up` and `tool`. `{slot}` and `{variable}` are filled in everywhere."""

    sentences: tuple[str, ...] = ()
    """Templates of Home Assistant: `(turn|switch) on [the] {name} light`."""
    say: str = ""
    flow: str = ""
    """The matter that begins with it."""
    offer: str = ""
    """The matter that begins where the caller says yes to `say`."""
    look_up: str = ""
    """What to ask the info files."""
    tool: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    confirm: str = ""
    """The question before the tool is used; without it the tool is used at once."""
    answer: str = ""
    """What is said afterwards; values of the tool's answer can be filled in."""
    known: Mapping[str, Any] = field(default_factory=dict)
    """What `flow` need not ask: `{title: a test ride}`."""


@dataclass(frozen=True, slots=True)
class DialogueConfig:
    """What a context adds to a conversation without a language model (the offline backend)."""

    intents: Mapping[str, IntentConfig] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    """In place of the backend's own, by name."""
    rules: Mapping[str, str] = field(default_factory=dict)
    """Parts of templates, used as `<name>`."""
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Words that may stand for a `{slot}`."""
    free_questions: bool = True
    """Questions that are nobody's intent are looked up in the info files."""
    guide: bool = False
    """A sentence that is nobody's intent is a problem to be solved by the info files, step by step."""
    after_info: OfferConfig | None = None
    """What is offered once a question was answered."""


@dataclass(frozen=True, slots=True)
class ContextConfig:
    name: str
    prompt: str = ""
    language: str = "en"
    voice: str | None = None
    backend: str | None = None
    opening: Opening = "say_first"
    first_sentence: str = ""
    tools: tuple[str, ...] = ("end_call",)
    turns: TurnConfig = TurnConfig()
    idle: IdleConfig = IdleConfig()
    failover: FailoverConfig = FailoverConfig()
    answering: AnsweringConfig = AnsweringConfig()
    max_call_seconds: int | None = None
    response_timeout_seconds: float = 8.0
    """A mind that keeps silent so long after it was asked counts as lost."""
    time_up: str = "I am sorry, our time is up. Goodbye."
    apology: str = "I am sorry, something went wrong on our side. Please call again later. Goodbye."
    variables: Mapping[str, str] = field(default_factory=dict)
    transfer_to: tuple[str, ...] = ()
    """Contacts a caller may be passed on to; empty: any."""
    preambles: Mapping[str, str] = field(default_factory=dict)
    """By tool: what is said while it takes its time, in the language of the context."""
    dialogue: DialogueConfig = DialogueConfig()


@dataclass(frozen=True, slots=True)
class ContactConfig:
    """`context` speaks with this person, whoever calls whom; empty: the line's."""

    name: str
    number: str
    context: str = ""


@dataclass(frozen=True, slots=True)
class LimitsConfig:
    max_call_seconds: int = 900
    max_concurrent_calls: int = 4
    calls_per_minute: int = 10
    calls_per_hour: int = 60
    requests_per_minute: int = 120
    """HTTP requests of one client; Twilio's webhooks are never limited."""


@dataclass(frozen=True, slots=True)
class PolicyConfig:
    allowed_countries: tuple[str, ...] = ()
    """ISO codes; empty allows all."""
    default_region: str = ""


BusinessHours = Mapping[int, tuple[tuple[time, time], ...]]
"""By weekday, Monday is 0; a day that is missing is closed."""

OFFICE_HOURS: BusinessHours = {day: ((time(9), time(17)),) for day in range(5)}


@dataclass(frozen=True, slots=True)
class CalendarSource:
    """`location` is an ICS file, a folder of them, or an address: of a published ICS file or of a CalDAV server."""

    location: str
    name: str
    kind: Literal["ics", "caldav"] = "ics"
    calendar: str = ""
    """Which calendar of a CalDAV server; empty: all of them."""
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class CalendarConfig:
    """`write_to` names the source that takes appointments; empty: nothing can be booked."""

    sources: tuple[CalendarSource, ...] = ()
    write_to: str = ""
    business_hours: BusinessHours = field(default_factory=lambda: OFFICE_HOURS)
    time_zone: str = ""
    """Empty: that of the house."""
    slot_minutes: int = 30
    show_titles_to: tuple[str, ...] = ()
    """Contacts, and lines, whose callers hear what an appointment is about; all others hear when we are busy."""


@dataclass(frozen=True, slots=True)
class InfoConfig:
    path: str = ""
    """A folder of Markdown and YAML files, or one such file."""


@dataclass(frozen=True, slots=True)
class HttpToolConfig:
    """A tool that asks a web service. `{argument}` is filled into `url`, `headers` and `body`."""

    name: str
    description: str
    url: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """JSON schema of an object."""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Any = field(default=None, repr=False)
    timeout_seconds: float = 10.0
    result: str = ""
    """The part of a JSON answer that counts, such as `items[0].name`; empty: all of it."""
    preamble: str = ""


@dataclass(frozen=True, slots=True)
class ToolsConfig:
    calendar: CalendarConfig | None = None
    info: InfoConfig = InfoConfig()
    http: Mapping[str, HttpToolConfig] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallLogConfig:
    url: str = "sqlite:///biami.db"


@dataclass(frozen=True, slots=True)
class LabConfig:
    """A phone lab beside the daemon: a carrier on loopback that a Twilio line can use as its `api_url`."""

    carrier_port: int = 0
    """0: no carrier is started."""
    subscribers: str = ""
    """A YAML file of numbers and how they behave when called."""


@dataclass(frozen=True, slots=True)
class WyomingConfig:
    """The speech of this machine for others, Home Assistant above all. Wyoming knows no login: who reaches the port may
    use it."""

    port: int = 0
    """0: nothing is offered."""
    host: str = "127.0.0.1"
    zeroconf: bool | None = None
    """Announce it on the local network; None: only where it listens beyond loopback."""


@dataclass(frozen=True, slots=True)
class EngineConfig:
    server: ServerConfig = ServerConfig()
    lines: Mapping[str, LineConfig] = field(default_factory=dict)
    backends: Mapping[str, BackendConfig] = field(default_factory=dict)
    default_backend: str = ""
    spare_backends: tuple[str, ...] = ()
    """`failover.backends` of every context that names none."""
    contexts: Mapping[str, ContextConfig] = field(default_factory=dict)
    contacts: Mapping[str, ContactConfig] = field(default_factory=dict)
    limits: LimitsConfig = LimitsConfig()
    policy: PolicyConfig = PolicyConfig()
    tools: ToolsConfig = ToolsConfig()
    call_log: CallLogConfig = CallLogConfig()
    lab: LabConfig = LabConfig()
    wyoming: WyomingConfig = WyomingConfig()
    variables: Mapping[str, str] = field(default_factory=dict)
    """Values for the braces of every prompt; a context's own win."""
    time_zone: str = ""
    """IANA name of where the house stands; empty: the machine's own zone."""
    test_mode: bool = False
    config_dir: str = "."
