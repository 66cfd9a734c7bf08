"""Which method of a `CallSession` hears which event."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import events as ev

if TYPE_CHECKING:
    from .session import CallSession


def handlers(session: CallSession) -> dict[type, Callable[[Any, float], None]]:
    """Which method hears which event; a test checks that the union is complete."""
    return {
        ev.Ringing: session.on_ringing,
        ev.Answered: session.on_answered,
        ev.AnsweredByDetected: session.on_answered_by,
        ev.CallerAudio: session.on_caller_audio,
        ev.VoiceStarted: session.on_voice_started,
        ev.VoiceStopped: session.on_voice_stopped,
        ev.Played: session.on_played,
        ev.Cleared: session.on_cleared,
        ev.Dtmf: session.on_dtmf,
        ev.StreamReplaced: session.on_stream_replaced,
        ev.TransferFailed: session.on_transfer_failed,
        ev.RemoteHangup: session.on_remote_hangup,
        ev.LegLost: session.on_leg_lost,
        ev.BackendOpened: session.on_backend_opened,
        ev.AgentAudio: session.on_agent_audio,
        ev.AgentAudioDone: session.on_agent_audio_done,
        ev.ResponseStarted: session.on_response_started,
        ev.ResponseDone: session.on_response_done,
        ev.SpeechStarted: session.on_speech_started,
        ev.SpeechStopped: session.on_speech_stopped,
        ev.Transcript: session.on_transcript,
        ev.ToolRequested: session.on_tool_requested,
        ev.Usage: session.on_usage,
        ev.BackendExpiring: session.on_backend_expiring,
        ev.BackendLost: session.on_backend_lost,
        ev.LegAdded: session.on_leg_added,
        ev.RoutesRequested: session.on_routes_requested,
        ev.HoldRequested: session.on_hold_requested,
        ev.ToolFinished: session.on_tool_finished,
        ev.SpokenDone: session.on_spoken_done,
        ev.HangUpRequested: session.on_hang_up_requested,
        ev.SayRequested: session.on_say_requested,
        ev.InjectRequested: session.on_inject_requested,
        ev.DtmfRequested: session.on_dtmf_requested,
        ev.CommitRequested: session.on_commit_requested,
        ev.BackendReplaced: session.on_backend_replaced,
        ev.TimePassed: session.on_time_passed,
    }
