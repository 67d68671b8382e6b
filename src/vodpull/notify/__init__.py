"""From fact to receiver."""

from vodpull.notify.deliver import SCHEDULE_S, Guard, Reply, post
from vodpull.notify.sign import sign_delivery

__all__ = ["SCHEDULE_S", "Guard", "Reply", "post", "sign_delivery"]
