"""A cascade: speech-to-text, a language model, text-to-speech, each chosen in the configuration."""

from .backend import PipelineBackend

__all__ = ["PipelineBackend"]
