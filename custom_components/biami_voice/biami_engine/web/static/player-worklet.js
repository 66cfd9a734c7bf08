// Plays PCM16 24 kHz, counts what left for the loudspeaker per item, and forgets everything at a clear.

import { Resampler } from "./resampler.js";

const RATE = 24000;
const START_MS = 60; // after a pause, sound waits for this much (or this long): the network is not a metronome
const REPORT_MS = 40;
const MAX_ITEMS = 32;
const FADE = 0.985; // per sample: an abrupt end fades within milliseconds instead of clicking

class Player extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(RATE, sampleRate);
    this.queue = [];
    this.queuedMs = 0;
    this.playing = false;
    this.waitedMs = 0;
    this.last = 0;
    this.items = new Map(); // item id → { epoch, ms, reported }
    this.level = 0;
    this.sinceReport = 0;
    this.port.onmessage = ({ data }) => (data.clear === undefined ? this.enqueue(data) : this.clear(data.clear));
  }

  enqueue({ itemId, epoch, pcm }) {
    const input = Float32Array.from(new Int16Array(pcm), (sample) => sample / 32768);
    const ms = (input.length * 1000) / RATE;
    this.queue.push({ itemId, epoch, ms, samples: this.resampler.process(input), at: 0 });
    this.queuedMs += ms;
  }

  clear(epoch) {
    this.queue = this.queue.filter((chunk) => chunk.epoch > epoch);
    this.queuedMs = this.queue.reduce((sum, chunk) => sum + chunk.ms, 0);
    this.playing = false;
    this.waitedMs = 0;
    this.resampler.reset();
    this.report();
    for (const [itemId, item] of this.items) if (item.epoch <= epoch) this.items.delete(itemId);
    this.port.postMessage({ cleared: epoch });
  }

  process(_inputs, [[output]]) {
    const blockMs = (output.length * 1000) / sampleRate;
    this.maybeStart(blockMs);
    let sum = 0;
    for (let i = 0; i < output.length; i++) {
      output[i] = this.playing ? this.nextSample() : (this.last *= FADE);
      sum += output[i] * output[i];
    }
    this.level = Math.max(this.level * 0.9, Math.sqrt(sum / output.length));
    this.sinceReport += blockMs;
    if (this.sinceReport >= REPORT_MS) this.report();
    return true;
  }

  maybeStart(blockMs) {
    if (this.playing || !this.queue.length) return;
    this.waitedMs += blockMs;
    if (this.queuedMs < START_MS && this.waitedMs < START_MS) return;
    this.playing = true;
    this.waitedMs = 0;
  }

  nextSample() {
    const chunk = this.queue[0];
    if (!chunk) {
      this.playing = false;
      return (this.last *= FADE);
    }
    this.last = chunk.samples[chunk.at++] ?? this.last;
    if (chunk.at >= chunk.samples.length) this.finish(chunk);
    return this.last;
  }

  finish(chunk) {
    this.queue.shift();
    this.queuedMs -= chunk.ms;
    this.item(chunk).ms += chunk.ms;
    if (this.queue[0]?.itemId !== chunk.itemId) this.report();
  }

  item({ itemId, epoch }) {
    if (!this.items.has(itemId)) {
      this.items.set(itemId, { epoch, ms: 0, reported: 0 });
      if (this.items.size > MAX_ITEMS) this.items.delete(this.items.keys().next().value);
    }
    return this.items.get(itemId);
  }

  report() {
    this.sinceReport = 0;
    const chunk = this.queue[0];
    if (chunk?.at) this.item(chunk);
    for (const [itemId, item] of this.items) {
      const partial = chunk?.itemId === itemId ? (chunk.ms * chunk.at) / chunk.samples.length : 0;
      const ms = item.ms + partial;
      if (ms > item.reported) this.port.postMessage({ played: { item_id: itemId, epoch: item.epoch, ms } });
      item.reported = ms;
    }
    this.port.postMessage({ level: this.level, queuedMs: this.queuedMs });
  }
}

registerProcessor("player", Player);
