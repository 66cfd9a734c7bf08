// One conversation with the agent: microphone and loudspeaker at one end, /api/voice at the other.

import { openSocket } from "./api.js";

const MAX_UNSENT_BYTES = 96000; // two seconds of microphone: a stalled network gets no older sound than that

export class VoiceCall extends EventTarget {
  constructor() {
    super();
    this.state = "idle";
    this.callId = null;
    this.epoch = 0;
    this.itemId = null;
    this.thresholdDb = -100;
    this.muted = false;
  }

  // Must be called from a click: browsers start sound and ask for the microphone only then.
  async start({ context, thresholdDb }) {
    this.thresholdDb = thresholdDb;
    this.setState("connecting");
    try {
      this.audio = new AudioContext({ latencyHint: "interactive" });
      const resumed = this.audio.resume();
      this.microphone = await openMicrophone();
      await resumed;
      await Promise.all(["recorder", "player"].map((name) => this.audio.audioWorklet.addModule(`/static/${name}-worklet.js`)));
      this.startPlayer();
      this.socket = await openSocket("/api/voice");
      this.socket.onopen = () => this.send({ type: "start", ...(context && { context }) });
      this.socket.onmessage = ({ data }) => (typeof data === "string" ? this.obey(JSON.parse(data)) : this.play(data));
      this.socket.onclose = ({ code }) => this.finish(code === 1000 ? "ended" : "connection lost");
    } catch (error) {
      this.finish("failed");
      throw error;
    }
  }

  startPlayer() {
    this.player = new AudioWorkletNode(this.audio, "player", { numberOfInputs: 0, outputChannelCount: [1] });
    this.player.port.onmessage = ({ data }) => {
      if (data.played) this.reportPlayed(data.played);
      else if (data.cleared !== undefined) this.send({ type: "cleared", epoch: data.cleared });
      else this.emit("agentlevel", data);
    };
    this.player.connect(this.audio.destination);
  }

  startRecorder() {
    this.recorder = new AudioWorkletNode(this.audio, "recorder", {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: "explicit",
      processorOptions: this.limits(), // a posted message would come after the first frames
    });
    this.recorder.port.onmessage = ({ data }) => {
      if (this.socket.readyState === WebSocket.OPEN && this.socket.bufferedAmount < MAX_UNSENT_BYTES) this.socket.send(data.pcm);
      this.emit("microphonelevel", data);
    };
    this.audio.createMediaStreamSource(this.microphone).connect(this.recorder);
  }

  obey(message) {
    switch (message.type) {
      case "started":
        this.callId = message.call_id;
        this.startRecorder();
        return this.setState("live");
      case "item":
        this.itemId = message.item_id;
        this.epoch = message.epoch;
        return;
      case "clear":
        this.emit("cleared", message);
        return this.player.port.postMessage({ clear: message.epoch });
      case "hold":
        return this.setState(message.on ? "on hold" : "live");
      case "event":
        return this.emit("happened", message);
      case "error":
        return this.emit("refused", message);
      case "ended":
        return this.finish(message.reason.replaceAll("_", " "));
    }
  }

  play(pcm) {
    this.player.port.postMessage({ itemId: this.itemId, epoch: this.epoch, pcm }, [pcm]);
  }

  reportPlayed(played) {
    this.send({ type: "played", ...played });
    this.emit("played", played);
  }

  setThreshold(db) {
    this.thresholdDb = db;
    this.tellRecorder();
  }

  setMuted(muted) {
    this.muted = muted;
    this.tellRecorder();
  }

  tellRecorder() {
    this.recorder?.port.postMessage(this.limits());
  }

  limits() {
    return { thresholdDb: this.thresholdDb, muted: this.muted };
  }

  press(digit) {
    this.send({ type: "dtmf", digit });
  }

  hangUp() {
    this.send({ type: "hang_up" });
    if (this.socket?.readyState !== WebSocket.OPEN) this.finish("caller hangup");
  }

  // Phones suspend sound when a page goes to the background; any touch brings it back.
  resume() {
    if (this.audio && this.audio.state !== "running" && this.state !== "idle") this.audio.resume();
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  finish(reason) {
    if (this.state === "ended") return;
    this.microphone?.getTracks().forEach((track) => track.stop());
    this.audio?.close();
    this.socket?.close(1000);
    this.setState("ended", reason);
  }

  setState(state, reason = "") {
    this.state = state;
    this.emit("state", { state, reason });
  }

  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

async function openMicrophone() {
  if (!window.isSecureContext || !navigator.mediaDevices) {
    throw new Error(
      "Browsers lend the microphone to secure pages only. Open this page through https://, or as http://localhost on the computer the server runs on.",
    );
  }
  const audio = { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    throw new Error(MICROPHONE_ERRORS[error.name] ?? `The microphone cannot be used: ${error.message}`);
  }
}

const MICROPHONE_ERRORS = {
  NotAllowedError: "The microphone is not allowed here. Allow it in the browser's address bar, then try again.",
  NotFoundError: "No microphone was found. Connect one, then try again.",
  NotReadableError: "The microphone is in use by another program.",
};
