"""`/api/v1/uploads`: the tus protocol; `routes` answers its methods, `headers` reads and writes its words."""
