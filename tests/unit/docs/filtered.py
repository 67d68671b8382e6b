"""Starts vodpull's sandbox under a filter of system calls, as a container or systemd would set it."""

from __future__ import annotations

import ctypes
import json
import sys

from vodpull.media import find_toolbox

ALLOW = 0x7FFF0000
"""SCMP_ACT_ALLOW of libseccomp."""
REFUSE = 0x00050001
"""SCMP_ACT_ERRNO(EPERM)."""
UNKNOWN = -1
"""What libseccomp calls a name that this machine's kernel interface does not have."""


def filter_calls(*, allow: list[str] | None = None, refuse: list[str] | None = None) -> int:
    """Let this process and its children only make the calls allowed, or all but those refused; returns how many."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(REFUSE if allow else ALLOW))
    known = [number for name in allow or refuse or [] if (number := resolve(library, name)) != UNKNOWN]
    for number in known:
        library.seccomp_rule_add(context, ctypes.c_uint32(ALLOW if allow else REFUSE), number, 0)
    assert library.seccomp_load(context) == 0  # it also sets no_new_privs
    return len(known)


def resolve(library: ctypes.CDLL, name: str) -> int:
    return int(library.seccomp_syscall_resolve_name(name.encode()))


if __name__ == "__main__":
    count = filter_calls(**json.loads(sys.argv[1]))
    toolbox = find_toolbox("", sandbox=sys.argv[2])  # type: ignore[arg-type]
    print(count, toolbox.sandbox)  # noqa: T201 - the test reads it
