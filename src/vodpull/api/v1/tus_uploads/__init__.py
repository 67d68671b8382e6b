"""`/api/v1/uploads`: the words and methods of tus; not what becomes of the bytes (`uploads`)."""
