"""From fact to receiver."""

from vodpull.notify.deliver import SCHEDULE_S, Guard, Reply, post
from vodpull.notify.sign import sign_delivery, sign_webhook

__all__ = ["SCHEDULE_S", "Guard", "Reply", "post", "sign_delivery", "sign_webhook"]
