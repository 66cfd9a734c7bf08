// Microphone to PCM16 24 kHz in frames of 20 ms. A frame quieter than the threshold becomes silence, after a short
// hangover: the server goes on hearing time pass, and no keyboard or fan.

import { Resampler } from "./resampler.js";

const RATE = 24000;
const FRAME = 480;
const HANGOVER_FRAMES = 20;
const QUIETEST_DB = -100;

class Recorder extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.resampler = new Resampler(sampleRate, RATE);
    this.frame = new Float32Array(FRAME);
    this.filled = 0;
    this.open = 0;
    Object.assign(this, processorOptions); // thresholdDb, muted
    this.port.onmessage = ({ data }) => Object.assign(this, data);
  }

  process([input]) {
    const samples = input[0] ?? new Float32Array(128); // no input: a device that went away is silence
    for (const sample of this.resampler.process(samples)) {
      this.frame[this.filled++] = sample;
      if (this.filled === FRAME) this.emit();
    }
    return true;
  }

  emit() {
    this.filled = 0;
    const db = levelDb(this.frame);
    this.open = db >= this.thresholdDb ? HANGOVER_FRAMES : Math.max(0, this.open - 1);
    const pcm = new Int16Array(FRAME);
    if (this.open && !this.muted) {
      for (let i = 0; i < FRAME; i++) pcm[i] = Math.max(-1, Math.min(1, this.frame[i])) * 32767;
    }
    this.port.postMessage({ pcm: pcm.buffer, db, open: this.open > 0 && !this.muted }, [pcm.buffer]);
  }
}

function levelDb(frame) {
  let sum = 0;
  for (const sample of frame) sum += sample * sample;
  return Math.max(QUIETEST_DB, 10 * Math.log10(sum / frame.length + 1e-12));
}

registerProcessor("recorder", Recorder);
