// Files that go to the service by tus: several at once, each paused, resumed, given up; also after the page was loaded again.
"use strict";

(() => {
  const AT_ONCE = 3;
  // About ten minutes; then somebody has to press "Resume".
  const RETRIES_MS = [0, 1000, 3000, 5000, ...Array(60).fill(10_000)];
  const LOOK_MS = 2000;
  const TAG = /^[a-z]{2,8}(?:-[a-z0-9]{1,8})*$/i;
  const SOUND = /\.mp3$/i;
  const CAPTIONS = /^(.*?)(?:\.([a-z]{2,3}(?:-[a-z0-9]{1,8})*))?\.(?:srt|vtt|ass|ssa)$/i;

  const box = document.getElementById("uploads");
  const { endpoint, csrf, kind, root } = box.dataset;
  const words = JSON.parse(box.dataset.words);
  const headers = { "X-CSRF-Token": csrf };
  const accounts = box.querySelector("[data-account]");
  const storage = tus.defaultOptions.urlStorage;
  const form = box.querySelector("[data-options]");
  const entries = new Set();

  const of = (entry, mark) => entry.row.querySelector(`[data-${mark}]`);
  const stem = (name) => name.replace(/\.[^.]*$/, "").toLowerCase();

  function size(bytes) {
    const units = ["B", "kB", "MB", "GB", "TB"];
    let value = bytes;
    while (value >= 1000 && units.length > 1) {
      value /= 1000;
      units.shift();
    }
    return `${value < 10 && units[0] !== "B" ? value.toFixed(1) : Math.round(value)} ${units[0]}`;
  }

  function span(seconds) {
    const whole = Math.max(0, Math.round(seconds));
    const two = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(whole / 3600);
    const rest = `${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
    return hours ? `${hours}:${rest}` : rest;
  }

  // What a row shows of its entry.

  const BADGES = { chosen: "waiting", waiting: "waiting", paused: "pending", lost: "pending", earlier: "pending", sent: "done", failed: "failed" };
  const BUTTONS = {
    chosen: ["texts", "cancel"], waiting: ["pause", "cancel"], sending: ["pause", "cancel"], lost: ["pause", "cancel"],
    paused: ["resume", "cancel"], failed: ["resume", "cancel"], earlier: ["cancel"], sent: ["video"],
  };

  function set(entry, state, { word = words[state], problem } = {}) {
    entry.state = state;
    const badge = of(entry, "state");
    badge.className = `badge ${BADGES[state] ?? ""}`;
    if (badge.textContent !== word) badge.textContent = word;
    for (const button of entry.row.querySelectorAll("[data-act]")) {
      button.hidden = !BUTTONS[state].includes(button.dataset.act) || (button.dataset.act === "texts" && kind !== "video");
    }
    if (entry.isRefused) entry.row.querySelector("[data-act=resume]").hidden = true;
    of(entry, "rate").hidden = of(entry, "left").hidden = state !== "sending";
    for (const field of entry.row.querySelectorAll(".texts :is(input, button)")) field.disabled = !["chosen", "failed"].includes(state);
    const fault = entry.row.querySelector("[role=alert]");
    fault.hidden = !problem;
    for (const part of ["problem", "code", "fix"]) of(entry, part).textContent = problem?.[part] ?? "";
    if (form) form.querySelector("button").disabled = ![...entries].some((each) => each.state === "chosen");
  }

  function progress(entry, done, total) {
    const percent = total ? (100 * done) / total : 0;
    entry.row.querySelector("progress").value = percent;
    of(entry, "percent").textContent = `${Math.floor(percent)} %`;
    of(entry, "bytes").textContent = `${size(done)} / ${size(total)}`;
    const now = performance.now();
    entry.began ??= { at: now, done };
    const rate = (1000 * (done - entry.began.done)) / (now - entry.began.at);
    if (!(rate > 0) || !Number.isFinite(rate)) return;
    of(entry, "rate").textContent = `${size(rate)}/s`;
    of(entry, "left").textContent = words.left.replace("#", span((total - done) / rate));
  }

  function addRow(name, bytes, owner = "") {
    const row = document.getElementById("upload-row").content.cloneNode(true).querySelector("li");
    row.querySelector(".name").textContent = name;
    row.querySelector("progress").setAttribute("aria-label", name);
    const entry = { row, name, texts: [], state: "chosen" };
    of(entry, "size").textContent = size(bytes);
    of(entry, "owner").textContent = owner;
    of(entry, "texts").addEventListener("change", ({ target }) => {
      for (const file of target.files) addText(entry, file);
      target.value = "";
    });
    const acts = { texts: () => of(entry, "texts").click(), pause, resume, cancel };
    for (const [name, act] of Object.entries(acts)) entry.row.querySelector(`[data-act=${name}]`).addEventListener("click", () => act(entry));
    entries.add(entry);
    box.querySelector("[data-rows]").append(row);
    return entry;
  }

  function addText(entry, file) {
    const row = document.getElementById("text-row").content.cloneNode(true).querySelector("li");
    row.querySelector(".name").textContent = file.name;
    const text = { file, language: row.querySelector("[name=language]"), isDefault: row.querySelector("[name=default]") };
    text.language.value = CAPTIONS.exec(file.name)?.[2] ?? "";
    row.querySelector("button").addEventListener("click", () => {
      entry.texts.splice(entry.texts.indexOf(text), 1);
      row.remove();
    });
    entry.texts.push(text);
    entry.row.querySelector(".texts").append(row);
  }

  // What was chosen or dropped.

  async function add(files) {
    const texts = kind === "video" ? files.filter((file) => CAPTIONS.test(file.name)) : [];
    const others = files.filter((file) => !texts.includes(file));
    const added = await Promise.all(others.map(addFile));
    for (const text of texts) {
      const open = [...entries].filter((entry) => entry.state === "chosen");
      const [, name] = CAPTIONS.exec(text.name);
      const film = open.find((entry) => [name.toLowerCase(), stem(text.name)].includes(stem(entry.name))) ?? open.at(-1);
      if (film) addText(film, text);
    }
    if (kind !== "video") for (const entry of added) if (entry.state === "chosen") set(entry, "waiting");
    next();
  }

  async function addFile(file) {
    const entry = addRow(file.name, file.size);
    entry.file = file;
    set(entry, "chosen");
    const isTooLarge = file.size > Number(box.dataset.mostBytes) && !isSound(file);
    if (file.size === 0 || isTooLarge) {
      entry.isRefused = true;
      const [problem, fix] = isTooLarge ? [words.too_large, words.choose_smaller] : [words.empty, words.choose_another];
      set(entry, "failed", { problem: { problem, fix } });
      return entry;
    }
    const [earlier] = await new tus.Upload(file, { endpoint }).findPreviousUploads();
    if (earlier) {
      for (const other of entries) if (other.earlier?.urlStorageKey === earlier.urlStorageKey) remove(other);
      entry.earlier = earlier;
      of(entry, "owner").textContent = earlier.metadata.account ?? "";
      set(entry, "waiting");
    }
    return entry;
  }

  const isSound = (file) => kind === "material" && SOUND.test(file.name);

  // Sending.

  function next() {
    const busy = [...entries].filter((entry) => ["sending", "lost"].includes(entry.state)).length;
    const waiting = [...entries].filter((entry) => entry.state === "waiting");
    for (const entry of waiting.slice(0, Math.max(0, AT_ONCE - busy))) begin(entry);
    const isAllThere = entries.size && [...entries].every((entry) => entry.state === "sent");
    if (kind !== "video" && isAllThere) window.location.reload();
  }

  async function begin(entry) {
    set(entry, "sending");
    entry.began = undefined;
    try {
      entry.upload ??= await prepared(entry);
    } catch (error) {
      fail(entry, error);
      return;
    }
    if (entry.state === "sending") entry.upload.start();
  }

  async function prepared(entry) {
    const metadata = { filename: entry.name, kind: isSound(entry.file) ? "audio" : kind };
    entry.account ??= accounts?.value;
    if (accounts && !entry.earlier) {
      metadata.account = [...accounts.options].find((each) => each.value === entry.account).text;
      of(entry, "owner").textContent = metadata.account;
    }
    if (!entry.earlier && form) {
      const captions = await Promise.all(entry.texts.map((text) => sendText(text, entry.account)));
      if (captions.length) metadata.captions = JSON.stringify(captions);
      for (const [name, value] of new FormData(form)) metadata[name] = value;
    }
    const upload = new tus.Upload(entry.file, {
      ...options(metadata, entry.account),
      removeFingerprintOnSuccess: true,
      onAfterResponse: (_, reply) => { entry.videoId = reply.getHeader("Vodpull-Video-Id") ?? entry.videoId; },
      onProgress: (done, total) => {
        if (entry.state === "lost") set(entry, "sending");
        progress(entry, done, total);
      },
      onShouldRetry: (error) => {
        const may = mayRetry(error);
        if (may && entry.state === "sending") set(entry, "lost");
        entry.began = undefined;
        return may;
      },
      onError: (error) => fail(entry, error),
      onSuccess: () => arrived(entry),
    });
    if (entry.earlier) upload.resumeFromPreviousUpload(entry.earlier);
    return upload;
  }

  // Caption files go first, as materials: what they belong to names them.
  function sendText({ file, language, isDefault }, account) {
    if (!TAG.test(language.value)) return Promise.reject({ told: { problem: words.no_language, fix: words.give_language } });
    let materialId = "";
    return new Promise((resolve, reject) => {
      new tus.Upload(file, {
        ...options({ filename: file.name, kind: "material" }, account),
        storeFingerprintForResuming: false,
        onAfterResponse: (_, reply) => { materialId = reply.getHeader("Vodpull-Material-Id") ?? materialId; },
        onShouldRetry: mayRetry,
        onError: reject,
        onSuccess: () => resolve({ language: language.value, material_id: materialId, default: isDefault.checked }),
      }).start();
    });
  }

  const options = (metadata, account) => ({
    endpoint,
    headers: account ? { ...headers, "Vodpull-Account": account } : headers,
    metadata,
    chunkSize: Number(box.dataset.pieceBytes),
    retryDelays: RETRIES_MS,
  });

  const statusOf = (error) => error.originalResponse?.getStatus() ?? 0;

  // Busy, elsewhere, or away for now; every other refusal stays one.
  function mayRetry(error) {
    const status = statusOf(error);
    return status < 400 || status >= 500 || [409, 423, 429].includes(status);
  }

  function fail(entry, error) {
    set(entry, mayRetry(error) && !error.told ? "paused" : "failed", { problem: error.told ?? toldBy(error) });
    if (entry.state === "failed" && !entry.upload?.url) entry.upload = undefined;
    next();
  }

  function toldBy(error) {
    const status = statusOf(error);
    if (status === 401) return { problem: words.session, fix: words.log_in };
    try {
      return JSON.parse(error.originalResponse.getBody());
    } catch {
      return { problem: words.line, fix: words.go_on, code: status ? String(status) : "" };
    }
  }

  function arrived(entry) {
    progress(entry, entry.file.size, entry.file.size);
    set(entry, "sent");
    if (kind === "video") {
      entry.row.querySelector("[data-act=video]").href = `${root}/library/${entry.videoId}`;
      watch(entry);
    }
    next();
  }

  // How far the encode is, until it is over.
  async function watch(entry) {
    const reply = await fetch(`${root}/uploads/videos/${entry.videoId}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (reply?.status === 401 || !entries.has(entry)) return;
    const told = reply?.ok ? await reply.json().catch(() => null) : null;
    if (told) {
      set(entry, "sent", { word: told.word, problem: told.problem });
      of(entry, "state").className = `badge ${told.stage}`;
      entry.row.querySelector("[data-act=video]").classList.toggle("main", told.is_final);
      entry.row.querySelector("progress").value = told.percent;
      of(entry, "percent").textContent = `${Math.floor(told.percent)} %`;
      of(entry, "bytes").textContent = "";
      if (told.is_final) return;
    }
    setTimeout(watch, LOOK_MS, entry);
  }

  // Buttons.

  async function pause(entry) {
    set(entry, "paused");
    await entry.upload?.abort();
    next();
  }

  function resume(entry) {
    set(entry, "waiting");
    next();
  }

  async function cancel(entry) {
    const url = entry.upload?.url ?? entry.earlier?.uploadUrl;
    if (url && !window.confirm(words.abandon)) return;
    remove(entry);
    if (entry.upload) await entry.upload.abort(true).catch(() => {});
    else if (entry.earlier) {
      await tus.Upload.terminate(url, { headers, retryDelays: [0, 1000] }).catch(() => {});
      await storage.removeUpload(entry.earlier.urlStorageKey);
    }
    next();
  }

  function remove(entry) {
    entries.delete(entry);
    entry.row.remove();
    if (form) form.querySelector("button").disabled = ![...entries].some((each) => each.state === "chosen");
  }

  // What this browser has begun and not ended before.

  async function showEarlier() {
    for (const earlier of await storage.findAllUploads()) {
      const place = new URL(earlier.uploadUrl ?? "", window.location.href).pathname;
      if (!place.startsWith(`${endpoint}/`) || earlier.metadata.kind !== kind) continue;
      const reply = await fetch(earlier.uploadUrl, { method: "HEAD", headers: { ...headers, "Tus-Resumable": "1.0.0" } }).catch(() => null);
      if (reply?.status === 404) await storage.removeUpload(earlier.urlStorageKey);
      if (!reply?.ok || [...entries].some((entry) => entry.earlier?.urlStorageKey === earlier.urlStorageKey)) continue;
      const entry = addRow(earlier.metadata.filename, earlier.size, earlier.metadata.account);
      entry.earlier = earlier;
      progress(entry, Number(reply.headers.get("Upload-Offset")), earlier.size);
      set(entry, "earlier");
    }
  }

  box.querySelector("[data-files]").addEventListener("change", ({ target }) => {
    const files = [...target.files];
    target.value = "";
    add(files);
  });
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    for (const entry of entries) if (entry.state === "chosen") set(entry, "waiting");
    next();
  });
  box.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    box.classList.add("dropping");
  });
  box.addEventListener("dragleave", (event) => { if (!box.contains(event.relatedTarget)) box.classList.remove("dropping"); });
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    box.classList.remove("dropping");
    add([...event.dataTransfer.files]);
  });
  window.addEventListener("beforeunload", (event) => {
    if ([...entries].some((entry) => ["sending", "lost", "waiting"].includes(entry.state))) event.preventDefault();
  });
  showEarlier();
})();
