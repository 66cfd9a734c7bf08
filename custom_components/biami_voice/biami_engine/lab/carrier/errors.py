"""REST errors as Twilio words them: HTTP status, code, message (Twilio: error dictionary)."""

from __future__ import annotations

from typing import Any

_ERRORS = {
    20001: (400, "Invalid parameter: {0}"),
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20404: (404, "The requested resource {0} was not found"),
    21201: (400, "No 'To' number is specified"),
    21205: (400, "Url parameter is required, or is not a http(s) URL."),
    21209: (400, "The StatusCallback {0} is not a valid http(s) URL."),
    21210: (400, "The source phone number provided, {0}, is not yet verified for your account."),
    21211: (400, "The phone number you are attempting to call, {0}, is not valid."),
    21212: (400, "The 'From' number {0} is not a valid phone number or client identifier."),
    21213: (400, "'From' phone number is required"),
    21214: (400, "The 'To' number {0} cannot be reached."),
    21215: (400, "Account not authorized to call {0}. Perhaps you need to enable some international permissions."),
    21216: (400, "Account not allowed to call {0}"),
    21217: (400, "Phone number does not appear to be valid"),
    21220: (400, "Call is not in-progress. Cannot redirect or end it so."),
}


class RestError(Exception):
    """An answer with an error body."""

    def __init__(self, code: int, detail: str = "") -> None:
        self.status, message = _ERRORS[code]
        self.code = code
        self.message = message.format(detail)
        super().__init__(self.message)

    def body(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
