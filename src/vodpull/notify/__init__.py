"""
One notification, signed and posted to its receiver.

The schedule of tries is here; whether one is due, and what ends them, is up to `workflows.delivery`.
"""

from vodpull.notify.deliver import INSPECTOR_URL, SCHEDULE_S, Guard, Reply, post
from vodpull.notify.sign import sign_delivery, sign_webhook

__all__ = ["INSPECTOR_URL", "SCHEDULE_S", "Guard", "Reply", "post", "sign_delivery", "sign_webhook"]
