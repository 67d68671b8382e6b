"""Scripts that run as confined children on hostile bytes; they import nothing of vodpull outside this folder."""
