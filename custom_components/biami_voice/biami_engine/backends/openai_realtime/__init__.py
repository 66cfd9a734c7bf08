"""OpenAI Realtime (GA) and servers that speak it: one WebSocket a session, JSON events both ways."""

from .backend import OpenAIRealtimeBackend

__all__ = ["OpenAIRealtimeBackend"]
