"""
One notification, signed and posted to its receiver.

When it is tried again, and what ends that, is decided in `workflows/delivery/retry_schedule.py`.
"""

from vodpull.notify.delivery_attempt import INSPECTOR_URL, Guard, Reply, post
from vodpull.notify.notification_signing import sign_delivery, sign_webhook

__all__ = ["INSPECTOR_URL", "Guard", "Reply", "post", "sign_delivery", "sign_webhook"]
