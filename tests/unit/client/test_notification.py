from __future__ import annotations

import base64
import json
import secrets

import pytest

from vodpull.client import verify_notification
from vodpull.clock import now_s
from vodpull.errors import NotificationInvalid, ParameterError
from vodpull.notify import sign_webhook

SECRET = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
BODY = base64.urlsafe_b64encode(json.dumps({"taskId": "t", "status": 2}).encode()).decode()


def headers(*, age_s: float = 0, secret: str = SECRET) -> dict[str, str]:
    signed = sign_webhook("d-1", BODY, secret=secret, now_s=now_s() - age_s)
    return {name.title(): value for name, value in signed.items()}


@pytest.mark.parametrize("body", [BODY, BODY.encode()])
def test_what_a_service_signed_is_believed(body: str | bytes) -> None:
    notification = verify_notification(headers(), body, SECRET)
    assert (notification.delivery_id, notification.task["taskId"]) == ("d-1", "t")


def test_what_was_changed_is_old_or_is_another_accounts_is_not() -> None:
    other = "whsec_" + base64.b64encode(b"another secret of 24 byte").decode()
    for given, body in (
        (headers(), BODY[:-4]),
        (headers(age_s=600), BODY),
        (headers(secret=other), BODY),
        ({}, BODY),
    ):
        with pytest.raises(NotificationInvalid):
            verify_notification(given, body, SECRET)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!"])
def test_a_secret_that_is_none_is_said_to_be(secret: str) -> None:
    with pytest.raises(ParameterError):
        verify_notification(headers(), BODY, secret)
