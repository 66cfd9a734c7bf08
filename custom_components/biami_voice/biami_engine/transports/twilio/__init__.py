"""Twilio numbers: webhooks, media streams, outgoing calls."""

from .line import TwilioTransport

__all__ = ["TwilioTransport"]
