"""Speech-to-text, text-to-speech, voice activity: one port each, one file per provider."""
