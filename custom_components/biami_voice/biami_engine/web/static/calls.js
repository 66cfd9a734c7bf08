// The list of calls: fetched once, then kept by /api/events.

import { get, openSocket, post } from "./api.js";
import { Transcript } from "./transcript.js";

const SHOWN = 8;
const RETRY_MS = [1000, 2000, 5000, 10000];
const BROWSER = "browser";
const OVER = new Set(["completed", "busy", "failed", "no-answer", "canceled"]);

export class CallList {
  constructor(list, template, empty, onConnection) {
    this.list = list;
    this.template = template;
    this.empty = empty;
    this.onConnection = onConnection;
    this.cards = new Map(); // call id → { element, transcript, call }
    this.asked = new Map(); // call id → whether something happened since it was asked for
    this.failures = 0;
    setInterval(() => this.tick(), 1000);
  }

  async connect() {
    try {
      const { calls } = await get(`/api/calls?limit=${SHOWN}`);
      for (const call of calls.reverse()) this.show(call);
      const socket = await openSocket("/api/events");
      socket.onopen = () => this.onConnection(true);
      socket.onmessage = ({ data }) => this.hear(JSON.parse(data));
      socket.onclose = () => this.reconnect();
    } catch (error) {
      if (error.status === 401 || error.status === 403) throw error;
      this.reconnect();
    }
  }

  reconnect() {
    this.onConnection(false);
    setTimeout(() => this.connect().catch(() => {}), RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)]);
  }

  hear(event) {
    this.failures = 0;
    if (event.type === "hello") return this.catchUp(event.calls);
    const card = this.cards.get(event.call_id);
    card?.transcript.hear(event.type, event.data);
    if (!card || event.type.startsWith("call_")) this.refresh(event.call_id);
  }

  // Between the list and the first event some calls may have begun and others ended.
  catchUp(active) {
    const ids = new Set(active.map((call) => call.id));
    for (const { call } of this.cards.values()) if (!OVER.has(call.status) && !ids.has(call.id)) this.refresh(call.id);
    for (const call of active.reverse()) this.show(call);
  }

  async refresh(id) {
    if (this.asked.has(id)) return this.asked.set(id, true);
    this.asked.set(id, false);
    const answer = await get(`/api/calls/${encodeURIComponent(id)}`).catch(() => null);
    if (answer) this.show(answer.call);
    const again = this.asked.get(id);
    this.asked.delete(id);
    if (again) this.refresh(id);
  }

  show(call) {
    if (!this.cards.has(call.id)) this.add(call);
    const card = this.cards.get(call.id);
    card.call = call;
    const { element } = card;
    const active = !OVER.has(call.status);
    element.dataset.status = call.status;
    element.querySelector(".party").textContent = party(call);
    element.querySelector(".context").textContent = call.context;
    const ended = call.outcome && call.outcome !== call.status ? call.outcome.replaceAll("_", " ") : call.status;
    element.querySelector(".status").textContent = active ? call.status : ended;
    element.querySelector(".hangup").hidden = !active;
    this.tickCard(card);
  }

  add(call) {
    const element = this.template.content.firstElementChild.cloneNode(true);
    const transcript = new Transcript(element.querySelector(".transcript"));
    element.dataset.call = call.id;
    element.querySelector(".hangup").onclick = () => post(`/api/outbound/hangup/${encodeURIComponent(call.id)}`).catch(() => {});
    const details = element.querySelector("details");
    details.open = !OVER.has(call.status) && call.from !== BROWSER; // the talk card shows a browser's words already
    details.ontoggle = () => details.open && this.loadTranscript(call.id);
    this.cards.set(call.id, { element, transcript, call });
    this.list.prepend(element);
    while (this.cards.size > SHOWN) this.drop(this.cards.keys().next().value);
    this.empty.hidden = true;
  }

  drop(id) {
    this.cards.get(id).element.remove();
    this.cards.delete(id);
  }

  async loadTranscript(id) {
    const card = this.cards.get(id);
    if (!card || !card.transcript.empty) return;
    const { transcript } = await get(`/api/calls/${encodeURIComponent(id)}/transcript`);
    if (!card.transcript.empty) return; // it was said live meanwhile
    transcript.forEach((turn, index) => card.transcript.hear("turn", { item_id: `past-${index}`, ...turn }));
    if (!transcript.length && OVER.has(card.call.status)) card.transcript.say("Nothing was said.");
  }

  tick() {
    for (const card of this.cards.values()) this.tickCard(card);
  }

  tickCard({ element, call }) {
    const from = Date.parse(call.answered_at ?? "");
    const to = call.ended_at ? Date.parse(call.ended_at) : Date.now();
    element.querySelector(".duration").textContent = Number.isNaN(from) ? "" : clock(to - from);
  }
}

function party(call) {
  if (call.from === BROWSER) return "Browser";
  return call.direction === "outbound" ? `To ${call.to}` : `From ${call.from}`;
}

function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
