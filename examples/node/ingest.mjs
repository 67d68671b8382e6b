// Submit a video, wait for it, print where it plays, check the notification about it. Node 20 or newer, nothing else.
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const env = process.env;
const server = env.VODPULL_SERVER ?? "http://127.0.0.1:8080";
const key = `${env.VODPULL_ACCESS_KEY}.${env.VODPULL_SECRET_KEY}`;
const webhookSecret = env.VODPULL_WEBHOOK_SECRET;
const listen = env.VODPULL_LISTEN ?? "http://127.0.0.1:9000";

async function api(method, path, body, headers = {}) {
  const reply = await fetch(`${server}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json", ...headers },
    body: body && JSON.stringify(body),
  });
  const said = await reply.json();
  if (!reply.ok) throw new Error(`${said.code}: ${said.detail} ${said.remedy}`);
  return said;
}

function submit(url, notifyUrl = "") {
  // With an Idempotency-Key the call may be sent again after a broken connection.
  const headers = { "Idempotency-Key": randomUUID() };
  return api("POST", "/batches", { items: [{ url }], notify_url: notifyUrl }, headers);
}

async function wait(batchId) {
  for (;;) {
    const batch = await api("GET", `/batches/${batchId}`);
    if (batch.is_final) return batch;
    await sleep(1000);
  }
}

// Tells whether a notification is genuine (Standard Webhooks).
function verify(headers, body) {
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": given } = headers;
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300)) return false;
  const secret = Buffer.from(webhookSecret.replace(/^whsec_/, ""), "base64");
  const wanted = Buffer.from(`v1,${createHmac("sha256", secret).update(`${id}.${timestamp}.${body}`).digest("base64")}`);
  return given.split(" ").map((text) => Buffer.from(text))
    .some((text) => text.length === wanted.length && timingSafeEqual(text, wanted));
}

async function receive(request, response) {
  const blocks = [];
  for await (const block of request) blocks.push(block);
  const body = Buffer.concat(blocks).toString();
  const genuine = verify(request.headers, body);
  if (genuine) {
    const task = JSON.parse(Buffer.from(body, "base64url"));
    console.log("notification", request.headers["webhook-id"], "about", task.taskId);
  }
  response.writeHead(genuine ? 200 : 401, { Connection: "close" }).end();
  if (genuine) receiver.close();
}

const receiver = webhookSecret ? createServer(receive) : undefined;
if (receiver) await once(receiver.listen(new URL(listen).port, "127.0.0.1"), "listening");
const closed = receiver && once(receiver, "close");

const { batch_id: batchId } = await submit(process.argv[2], receiver && listen);
console.log(batchId);
const [job] = (await wait(batchId)).jobs;
if (job.error) throw new Error(`${job.error.code}: ${job.error.message}`);
console.log(`done ${server}/media/${job.playlist}`);
await closed;
