"""Ready calls for a new key: curl, Python and Node. The signing in them is CNC-HMAC-SHA256, written out."""

from __future__ import annotations

import base64
import json
import shlex
from dataclasses import dataclass
from string import Template

from vodpull.accounts.access_keys import NewKey
from vodpull.console.context import Sign

EXAMPLE_URL = "https://example.com/clip.mp4"

PULL_PATH = "/vod/videoManage/pullVideo"


@dataclass(frozen=True, kw_only=True)
class Snippet:
    """One ready call."""

    name: str
    text: str


def snippets_for(key: NewKey, *, base_url: str, sign: Sign) -> tuple[Snippet, ...]:
    """Return the calls that submit one source with a key. The signed curl command is valid for five minutes."""
    values = {"url": base_url + PULL_PATH, "key": key.access_key, "secret": key.secret_key, "source": EXAMPLE_URL}
    return (
        Snippet(name="curl", text=_signed_curl(key, values["url"], sign)),
        Snippet(name="curl (/api/v1)", text=_bearer_curl(key, base_url)),
        Snippet(name="Python", text=_PYTHON.substitute({name: json.dumps(value) for name, value in values.items()})),
        Snippet(name="Node", text=_NODE.substitute({name: json.dumps(value) for name, value in values.items()})),
    )


def _signed_curl(key: NewKey, url: str, sign: Sign) -> str:
    file_list = base64.urlsafe_b64encode(json.dumps([{"fetchUrl": EXAMPLE_URL}]).encode()).decode()
    body = json.dumps({"fileList": file_list})
    words = ["curl", "-sS"]
    lines = [shlex.join(words)]
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in sign(url, body.encode(), key).items()]
    return " \\\n  ".join([*lines, f"--data-binary {shlex.quote(body)}", shlex.quote(url)])


def _bearer_curl(key: NewKey, base_url: str) -> str:
    authorization = shlex.quote(f"Authorization: Bearer {key.access_key}.{key.secret_key}")
    lines = [
        f"curl -sS -H {authorization}",
        "-H 'Content-Type: application/json'",
        f"""-d '{{"items": [{{"url": "{EXAMPLE_URL}"}}]}}'""",
        shlex.quote(f"{base_url}/api/v1/batches"),
    ]
    return " \\\n  ".join(lines)


_PYTHON = Template('''\
import base64, hashlib, hmac, json, time, urllib.request
from urllib.parse import urlsplit

URL = $url
ACCESS_KEY = $key
SECRET_KEY = $secret
SOURCES = [{"fetchUrl": $source}]


def signed(url, body):
    """Return the request with its CNC-HMAC-SHA256 signature."""
    target, now = urlsplit(url), str(int(time.time()))
    headers = f"content-type:application/json\\nhost:{target.netloc.lower()}\\n"
    canonical = "\\n".join(
        ["POST", target.path, "", headers, "content-type;host", hashlib.sha256(body).hexdigest()]
    )
    text = f"CNC-HMAC-SHA256\\n{now}\\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
    return urllib.request.Request(url, body, {
        "Content-Type": "application/json",
        "x-cnc-auth-method": "AKSK",
        "x-cnc-accessKey": ACCESS_KEY,
        "x-cnc-timestamp": now,
        "Authorization": f"CNC-HMAC-SHA256 Credential={ACCESS_KEY}, "
                         f"SignedHeaders=content-type;host, Signature={signature}",
    })


file_list = base64.urlsafe_b64encode(json.dumps(SOURCES).encode()).decode()
body = json.dumps({"fileList": file_list}).encode()
with urllib.request.urlopen(signed(URL, body)) as reply:
    print(reply.read().decode())
''')

_NODE = Template("""\
import { createHash, createHmac } from "node:crypto";

const URL_ = $url;
const ACCESS_KEY = $key;
const SECRET_KEY = $secret;
const SOURCES = [{ fetchUrl: $source }];

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

// The headers of a call with its CNC-HMAC-SHA256 signature.
function signed(url, body) {
  const { pathname, host } = new URL(url);
  const now = String(Math.floor(Date.now() / 1000));
  const headers = "content-type:application/json\\nhost:" + host.toLowerCase() + "\\n";
  const canonical = ["POST", pathname, "", headers, "content-type;host", sha256(body)].join("\\n");
  const text = ["CNC-HMAC-SHA256", now, sha256(canonical)].join("\\n");
  const signature = createHmac("sha256", SECRET_KEY).update(text).digest("hex");
  return {
    "Content-Type": "application/json",
    "x-cnc-auth-method": "AKSK",
    "x-cnc-accessKey": ACCESS_KEY,
    "x-cnc-timestamp": now,
    Authorization: "CNC-HMAC-SHA256 Credential=" + ACCESS_KEY +
      ", SignedHeaders=content-type;host, Signature=" + signature,
  };
}

const fileList = Buffer.from(JSON.stringify(SOURCES)).toString("base64url");
const body = JSON.stringify({ fileList });
const reply = await fetch(URL_, { method: "POST", headers: signed(URL_, body), body });
console.log(await reply.text());
""")
