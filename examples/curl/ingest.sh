#!/bin/sh
# Submit a video, wait for it, print where it plays. Needs curl.
set -eu

server=${VODPULL_SERVER:-http://127.0.0.1:8080}

# The key goes in by standard input: other users can read the words of a command.
api() {
  printf 'header = "Authorization: Bearer %s.%s"\n' "$VODPULL_ACCESS_KEY" "$VODPULL_SECRET_KEY" |
    curl --silent --show-error --fail-with-body --config - "$@"
}

text() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

# With an Idempotency-Key the call may be sent again after a broken connection.
batch=$(api "$server/api/v1/batches" -H 'Content-Type: application/json' \
  -H "Idempotency-Key: $(date +%s)-$$" -d "{\"items\": [{\"url\": \"$1\"}]}" | text batch_id)
echo "$batch"

until state=$(api "$server/api/v1/batches/$batch") && [ "${state#*\"is_final\":true}" != "$state" ]; do
  sleep 1
done

playlist=$(printf %s "$state" | text playlist)
[ -n "$playlist" ] || { printf '%s\n' "$state" >&2; exit 1; }
echo "done $server/media/$playlist"
