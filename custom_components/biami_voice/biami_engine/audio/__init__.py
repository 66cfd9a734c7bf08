"""Pure samples: formats, G.711, resampling, framing, playout, tones, mixing, WAV."""
