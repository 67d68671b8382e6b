"""The operators of an installation: who they are, how they get in, what each may do. Keys of programs are beside it."""
