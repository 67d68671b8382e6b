"""
What each route of the console needs, and what the audit log calls it: every route is on this list.

A route that is missing here does not start (`Gate`); `tests/unit/console/test_needed_roles.py` says what to think of.
Add the line of a new page or action below: the least role, and for what changes something its name in the audit log,
with the fields of its form that the log may tell (never a secret).
"""

from __future__ import annotations

from dataclasses import dataclass

from vodpull.accounts.people.roles import Role


@dataclass(frozen=True)
class RoleRule:
    """Who may come, and how it is told."""

    least: Role | None
    """The least role; None: anybody, logged in or not."""
    action: str = ""
    """Name in the audit log; empty: it changes nothing that matters to others."""
    told: tuple[str, ...] = ()
    """Fields of the form that the audit log repeats; what stands in the path it tells anyway."""


ANYBODY = RoleRule(None)
LOOK = RoleRule(Role.VIEWER)
OWN = RoleRule(Role.OWNER)


def _work(action: str, *told: str) -> RoleRule:
    return RoleRule(Role.OPERATOR, action, told)


def _own(action: str, *told: str) -> RoleRule:
    return RoleRule(Role.OWNER, action, told)


def _self(action: str, *told: str) -> RoleRule:
    """Return the rule of what everybody may do to their own account."""
    return RoleRule(Role.VIEWER, action, told)


RULES: dict[str, RoleRule] = {
    # Getting in; the pages themselves write what happened, since nobody is known yet.
    "GET /setup": ANYBODY,
    "POST /setup": ANYBODY,
    "GET /login": ANYBODY,
    "POST /login": ANYBODY,
    "POST /login/code": ANYBODY,
    "GET /login/openid": ANYBODY,
    "GET /login/openid/callback": ANYBODY,
    "POST /preferences": ANYBODY,
    "POST /logout": _self("session.close"),
    # One's own account.
    "GET /account": LOOK,
    "POST /account/password": _self("password.change"),
    "POST /account/sessions/end": _self("session.end"),
    "POST /account/sessions/end-others": _self("session.end_others"),
    "POST /account/two-factor": LOOK,
    "POST /account/two-factor/confirm": _self("two_factor.on"),
    "POST /account/two-factor/off": _self("two_factor.off"),
    "POST /account/two-factor/codes": _self("two_factor.new_codes"),
    # Tasks.
    "GET /": LOOK,
    "GET /live": LOOK,
    "POST /tasks": _work("task.submit", "template", "urls"),
    "POST /tasks/bulk": _work("task.bulk", "do"),
    "GET /tasks/{batch_id}": LOOK,
    "GET /tasks/{batch_id}/live": LOOK,
    "POST /tasks/{batch_id}/retry": _work("task.retry"),
    "POST /tasks/{batch_id}/cancel": _work("task.cancel"),
    "POST /tasks/{batch_id}/delete": _work("task.delete"),
    "POST /tasks/{batch_id}/jobs/{position:position}/retry": _work("job.retry"),
    "POST /tasks/{batch_id}/jobs/{position:position}/cancel": _work("job.cancel"),
    "POST /deliveries/{delivery_id}/replay": _work("delivery.replay"),
    "GET /play/{batch_id}/{position:position}": LOOK,
    "GET /files/{key:path}": LOOK,
    # The library.
    "GET /library": LOOK,
    "GET /library/live": LOOK,
    "POST /library/bulk": _work("video.bulk", "do", "label", "template"),
    "GET /library/{video_id}": LOOK,
    "GET /library/{video_id}/live": LOOK,
    "POST /library/{video_id}/edit": _work("video.edit", "name", "labels", "playback"),
    "POST /library/{video_id}/block": _work("video.block"),
    "POST /library/{video_id}/enable": _work("video.enable"),
    "POST /library/{video_id}/encode": _work("video.encode", "template"),
    "POST /library/{video_id}/poster": _work("video.poster"),
    "POST /library/{video_id}/delete": _work("video.delete"),
    "POST /library/{video_id}/captions": _work("captions.put", "language"),
    "POST /library/{video_id}/captions/delete": _work("captions.delete", "language"),
    # Libraries that come along.
    "GET /overview": LOOK,
    "GET /imports": LOOK,
    "POST /imports": _work("import.begin", "kind", "account"),
    "GET /imports/{import_id}": LOOK,
    "GET /imports/{import_id}/status": LOOK,
    "GET /imports/{import_id}/map": LOOK,
    "POST /imports/{import_id}/start": _work("import.start"),
    "POST /imports/{import_id}/pause": _work("import.pause"),
    "POST /imports/{import_id}/resume": _work("import.resume"),
    "POST /imports/{import_id}/cancel": _work("import.cancel"),
    "POST /imports/{import_id}/retry": _work("import.retry"),
    "POST /library/{video_id}/clip": _work("video.clip", "name", "start", "end"),
    "GET /join": RoleRule(Role.OPERATOR),
    "POST /join": _work("video.join", "name", "videos"),
    # Files that are sent here, and materials. Of a file its beginning is told, not each piece.
    "GET /uploads": RoleRule(Role.OPERATOR),
    "GET /uploads/videos/{video_id}": LOOK,
    "POST /uploads/files": _work("upload.begin"),
    "HEAD /uploads/files/{upload_id}": RoleRule(Role.OPERATOR),
    "PATCH /uploads/files/{upload_id}": RoleRule(Role.OPERATOR),
    "DELETE /uploads/files/{upload_id}": _work("upload.abandon"),
    "GET /materials": LOOK,
    "POST /materials/{material_id}/rename": _work("material.rename", "name"),
    "POST /materials/{material_id}/delete": _work("material.delete", "force"),
    # Who gets in, and who watches.
    "GET /keys": OWN,
    "POST /keys": _own("key.create", "name", "days"),
    "POST /keys/{access_key}/rotate": _own("key.rotate"),
    "POST /keys/{access_key}/finish": _own("key.finish"),
    "POST /keys/{access_key}/revoke": _own("key.revoke"),
    "POST /callbacks": _own("callback.set", "account", "kind"),
    "GET /playback": OWN,
    "POST /playback": _own("playback.set", "account", "playback"),
    "POST /playback/keys": _own("playback_key.create", "account", "algorithm"),
    "POST /playback/keys/{key_id}/revoke": _own("playback_key.revoke"),
    "GET /operators": OWN,
    "POST /operators": _own("operator.invite", "name", "role"),
    "POST /operators/role": _own("operator.role", "name", "role"),
    "POST /operators/link": _own("operator.link", "name"),
    "POST /operators/reset-two-factor": _own("operator.reset_two_factor", "name"),
    "POST /operators/end-sessions": _own("operator.end_sessions", "name"),
    "POST /operators/remove": _own("operator.remove", "name"),
    "GET /audit": OWN,
    "GET /audit/export": OWN,
    # The installation.
    "GET /inspector": LOOK,
    "GET /inspector/newest": LOOK,
    "GET /system": LOOK,
    "GET /system/facts": LOOK,
    "GET /system/history": LOOK,
}


def rule_of(route: str) -> RoleRule:
    """
    Return the rule of a route: `POST /keys`.

    Raises:
        LookupError: nobody has thought about this one.
    """
    if route not in RULES:
        raise LookupError(f"console/needed_roles.py has no rule for {route}: say who may call it")
    return RULES[route]
