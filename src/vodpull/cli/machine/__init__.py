"""Commands of the machine that runs the service: start it, look after it, its keys and operators; none calls one."""
