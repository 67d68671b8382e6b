#!/bin/sh
# Check a notification (Standard Webhooks). Needs openssl.
#   VODPULL_WEBHOOK_SECRET=whsec_… sh verify.sh WEBHOOK-ID WEBHOOK-TIMESTAMP WEBHOOK-SIGNATURE < body
set -eu

secret=$(printf %s "${VODPULL_WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
age=$(($(date +%s) - $2))
[ "${age#-}" -le 300 ] || { echo "too old, or a clock is wrong" >&2; exit 1; }

wanted=v1,$({ printf '%s.%s.' "$1" "$2"; cat; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$secret" -binary | openssl base64 -A)
case " $3 " in
  *" $wanted "*) echo "notification $1 is genuine" ;;
  *) echo "not signed with this secret" >&2; exit 1 ;;
esac
