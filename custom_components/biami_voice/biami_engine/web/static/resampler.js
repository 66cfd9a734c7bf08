// Streaming sample-rate conversion by a polyphase windowed sinc. It holds no sample back: `n` samples in are
// `n * to / from` out (rounded over the stream), later by half the filter, about half a millisecond.

const ZERO_CROSSINGS = 12;

export class Resampler {
  constructor(from, to) {
    const divisor = gcd(from, to);
    this.up = to / divisor;
    this.down = from / divisor;
    const stretch = Math.max(1, from / to); // the cutoff follows the lower of both rates
    this.taps = 2 * Math.ceil(ZERO_CROSSINGS * stretch);
    this.phases = Array.from({ length: this.up }, (_, phase) => firPhase(phase / this.up, this.taps, stretch));
    this.reset();
  }

  reset() {
    this.history = new Float32Array(this.taps - 1);
    this.next = 0; // position of the next output, in 1/up of an input sample, from the next input
  }

  process(input) {
    const samples = new Float32Array(this.history.length + input.length);
    samples.set(this.history);
    samples.set(input, this.history.length);
    const count = Math.max(0, Math.ceil((input.length * this.up - this.next) / this.down));
    const output = new Float32Array(count);
    for (let n = 0; n < count; n++, this.next += this.down) {
      const start = Math.floor(this.next / this.up);
      const filter = this.phases[this.next % this.up];
      let sum = 0;
      for (let tap = 0; tap < this.taps; tap++) sum += samples[start + tap] * filter[tap];
      output[n] = sum;
    }
    this.next -= input.length * this.up;
    this.history = samples.slice(samples.length - this.history.length);
    return output;
  }
}

function firPhase(fraction, taps, stretch) {
  const filter = new Float32Array(taps);
  const centre = taps / 2 - 1 + fraction;
  let sum = 0;
  for (let tap = 0; tap < taps; tap++) {
    const x = tap - centre;
    const window = 0.5 + 0.5 * Math.cos((2 * Math.PI * x) / (taps + 1));
    filter[tap] = sinc((0.92 * x) / stretch) * window;
    sum += filter[tap];
  }
  return filter.map((value) => value / sum);
}

const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const gcd = (a, b) => (b ? gcd(b, a % b) : a);
