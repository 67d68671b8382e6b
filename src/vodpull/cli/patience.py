"""How long commands go on trying while the service is away or the line is broken; run again they go on."""

SENDING_S = 300.0
"""While files are sent, and while a library comes in or goes out."""

FOLLOWING_S = 60.0
"""While work of the service is followed, which goes on anyway: a restart is waited for."""
