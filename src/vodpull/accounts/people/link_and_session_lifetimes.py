"""How long sessions of the console, its links and the steps of a sign-in live."""

from __future__ import annotations

SESSION_S = 7 * 24 * 3600
"""Life of a session, in seconds."""

SIGNED_ON_S = 12 * 3600
"""Life of a session of who came by OpenID Connect: whom the provider lets in no more is out within half a day."""

SETUP_S = 30 * 60
"""Life of a set-up link, in seconds."""

INVITATION_S = 3 * 24 * 3600
"""Life of an invitation, in seconds: it reaches somebody by mail."""

SECOND_S = 5 * 60
"""How long the second factor may follow the password, in seconds."""

REQUEST_S = 10 * 60
"""How long somebody may take at the provider of OpenID Connect, in seconds."""
