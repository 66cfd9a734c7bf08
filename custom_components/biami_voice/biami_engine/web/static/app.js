// The page: wires the controls to one voice call, the dialler and the list of calls.

import { ApiError, get, post, setToken } from "./api.js";
import { CallList } from "./calls.js";
import { Transcript } from "./transcript.js";
import { VoiceCall } from "./voice.js";

const THRESHOLD_KEY = "biami-threshold-db";
const QUIETEST_DB = -80;
const LOUDEST_DB = -10;
const KEYS = "123456789*0#";

const $ = (id) => document.getElementById(id);
const voice = $("voice");
const transcript = new Transcript($("voicetranscript"), { caller: "You" });
let call = null;

// --- talking ---

function talk() {
  if (call && call.state !== "ended") return call.hangUp();
  transcript.clear();
  $("voiceerror").textContent = "";
  call = new VoiceCall();
  for (const [type, show] of Object.entries(VOICE_EVENTS)) call.addEventListener(type, ({ detail }) => show(detail));
  call.setMuted(false);
  showMuted(false);
  return call
    .start({ context: $("voicecontext").value, thresholdDb: Number($("threshold").value) })
    .catch((error) => ($("voiceerror").textContent = error.message));
}

const VOICE_EVENTS = {
  state: showState,
  refused: ({ message }) => ($("voiceerror").textContent = message),
  happened: ({ name, data }) => transcript.hear(name, data),
  microphonelevel: ({ db, open }) => showLevel($("miclevel"), db, open),
  agentlevel: ({ level, queuedMs }) => {
    const db = 20 * Math.log10(level + 1e-6);
    showLevel($("agentlevel"), db, true);
    voice.dataset.agentDb = db.toFixed(1);
    voice.dataset.queuedMs = queuedMs.toFixed(0);
  },
  played: ({ item_id: id, ms, epoch }) => Object.assign(voice.dataset, { item: id, playedMs: ms.toFixed(0), epoch }),
  cleared: ({ epoch }) => (voice.dataset.clearedEpoch = epoch),
};

const STATE_WORDS = { connecting: "Connecting", live: "Listening", "on hold": "On hold", ended: "Ended" };

function showState({ state, reason }) {
  const busy = state !== "ended";
  voice.dataset.state = state;
  voice.dataset.call = call.callId ?? "";
  $("voicestate").textContent = reason ? `${STATE_WORDS[state]}: ${reason}` : STATE_WORDS[state];
  $("talklabel").textContent = busy ? "Hang up" : "Start talking";
  $("mute").disabled = state !== "live";
  $("voicecontext").disabled = busy;
  for (const key of $("keypad").children) key.disabled = state !== "live";
  if (!busy) for (const id of ["miclevel", "agentlevel"]) showLevel($(id), QUIETEST_DB, false);
}

function showLevel(element, db, open) {
  const share = Math.max(0, Math.min(1, (db - QUIETEST_DB) / (LOUDEST_DB - QUIETEST_DB)));
  element.style.setProperty("--level", share.toFixed(3));
  element.classList.toggle("open", open);
}

function showMuted(muted) {
  $("mute").setAttribute("aria-pressed", muted);
  $("mute").textContent = muted ? "Unmute" : "Mute";
}

function showThreshold() {
  const db = Number($("threshold").value);
  $("thresholdvalue").textContent = db === QUIETEST_DB ? "everything is sent" : `from ${db} dB`;
  call?.setThreshold(db);
  localStorage.setItem(THRESHOLD_KEY, db);
}

// --- phoning ---

async function dial(event) {
  event.preventDefault();
  $("dialerror").textContent = "";
  $("dialbutton").disabled = true;
  const goal = $("goal").value.trim();
  try {
    await post("/api/outbound/initiate", {
      to: $("number").value.trim(),
      context: $("dialcontext").value,
      line: $("line").value,
      ...(goal && { goal }),
    });
  } catch (error) {
    $("dialerror").textContent = sentence(error.message);
  } finally {
    $("dialbutton").disabled = false;
  }
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

// --- the page ---

async function open() {
  const setup = await get("/api/setup");
  const browser = setup.lines.find(({ transport }) => transport === "browser");
  const lines = setup.lines.filter(({ dials }) => dials);
  fill($("voicecontext"), setup.contexts, browser?.context);
  fill($("dialcontext"), setup.contexts, lines[0]?.context);
  fill($("line"), lines.map(({ name }) => name));
  $("testmode").hidden = !setup.test_mode;
  $("linefield").hidden = lines.length < 2;
  $("dial").hidden = !lines.length;
  $("noline").hidden = Boolean(lines.length);
  $("talk").disabled = !browser;
  if (!browser) $("voiceerror").textContent = "This configuration has no browser line.";
  $("login").hidden = true;
  $("main").hidden = false;
  await new CallList($("calls"), $("call"), $("nocalls"), showConnection).connect();
}

function fill(select, names, chosen) {
  select.replaceChildren(...names.map((name) => new Option(name, name, name === chosen, name === chosen)));
}

function showConnection(connected) {
  $("connection").textContent = connected ? "Connected" : "Reconnecting";
  $("connection").classList.toggle("good", connected);
}

async function tryToOpen() {
  try {
    await open();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    $("login").hidden = error.status !== 401;
    $("connection").textContent = error.status === 401 ? "Locked" : sentence(error.message);
  }
}

function unlock(event) {
  event.preventDefault();
  setToken($("token").value);
  $("loginerror").textContent = "";
  tryToOpen().then(() => {
    if (!$("login").hidden) $("loginerror").textContent = "That is not the token.";
  });
}

for (const digit of KEYS) {
  const key = Object.assign(document.createElement("button"), { type: "button", textContent: digit, disabled: true });
  key.onclick = () => call.press(digit);
  $("keypad").append(key);
}
$("threshold").value = localStorage.getItem(THRESHOLD_KEY) ?? -60;
$("threshold").oninput = showThreshold;
$("talk").onclick = talk;
$("mute").onclick = () => {
  call.setMuted(!call.muted);
  showMuted(call.muted);
};
$("dial").onsubmit = dial;
$("login").onsubmit = unlock;
document.addEventListener("pointerdown", () => call?.resume());
showThreshold();
tryToOpen();
