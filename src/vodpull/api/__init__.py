"""HTTP for programs: parse a request, make one call, write the reply; decisions belong below."""
