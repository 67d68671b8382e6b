"""Who may call: access keys with their secrets, and the operators of the console; not what they ask for (`jobs`)."""
