"""Submit a video, follow it, print where it plays; with vodpull's own client."""

import os
import sys

from vodpull.client import Client

server = os.environ.get("VODPULL_SERVER", "http://127.0.0.1:8080")

with Client(server, os.environ["VODPULL_ACCESS_KEY"], os.environ["VODPULL_SECRET_KEY"]) as client:
    batch_id = client.submit(sys.argv[1:]).batch_id
    print(batch_id)
    for batch in client.watch(batch_id):
        print(*(f"{job.stage} {job.percent:.0f} %" for job in batch.jobs), sep=", ", file=sys.stderr)

for job in batch.jobs:
    if job.error:
        print(f"{job.error.code}: {job.error.message}\n{job.error.remedy}", file=sys.stderr)
    else:
        print(f"done {server}/media/{job.playlist}")
sys.exit(0 if batch.succeeded else 1)
