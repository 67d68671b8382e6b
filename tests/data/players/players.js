// Films in hls.js and Shaka Player, side by side; what each of them sees is told in the same words.
"use strict";

const round = (seconds) => Math.round(seconds * 1000) / 1000;

class HlsJs {
  constructor(box, video, errors) {
    this.video = video;
    this.hls = new Hls({ enableWorker: false });
    this.hls.on(Hls.Events.ERROR, (_, { details, fatal, response }) => {
      errors.push([details, fatal ? "fatal" : "", response?.code ?? ""].join(" ").trim());
    });
    // The best rendition, whatever else the machine does.
    this.hls.on(Hls.Events.MANIFEST_PARSED, () => { this.hls.currentLevel = this.hls.levels.length - 1; });
    this.hls.attachMedia(video);
  }

  load(url) {
    this.hls.loadSource(url);
  }

  unload() {
    this.hls.destroy();
  }

  get tracks() {
    const { hls } = this;
    return {
      form: "HLS",
      heights: hls.levels.map((level) => level.height),
      codecs: hls.levels.map((level) => level.videoCodec ?? level.audioCodec),
      sounds: hls.audioTracks.map((track, at) => ({ language: track.lang, label: track.name, isOn: at === hls.audioTrack })),
      texts: hls.subtitleTracks.map((track, at) => ({
        language: track.lang, label: track.name, isForced: track.forced, isOn: at === hls.subtitleTrack,
      })),
    };
  }

  // hls.js keeps the cues of all subtitles in the text tracks of the element.
  get cues() {
    const track = [...this.video.textTracks].find((each) => each.mode === "showing");
    return [...(track?.cues ?? [])].map((cue) => [round(cue.startTime), round(cue.endTime), cue.text]);
  }

  get shown() {
    const track = [...this.video.textTracks].find((each) => each.mode === "showing");
    return [...(track?.activeCues ?? [])].map((cue) => cue.text).join("\n");
  }

  chooseSound(language) {
    this.hls.audioTrack = this.hls.audioTracks.findIndex((track) => track.lang === language);
  }

  chooseText(language) {
    this.hls.subtitleDisplay = true;
    this.hls.subtitleTrack = this.hls.subtitleTracks.findIndex((track) => track.lang === language);
  }
}

class Shaka {
  constructor(box, video, errors) {
    this.box = box;
    this.video = video;
    this.player = new shaka.Player();
    this.player.setVideoContainer(box);
    this.player.configure({ abr: { enabled: false, defaultBandwidthEstimate: 1e9 } });
    this.player.addEventListener("error", ({ detail }) => errors.push(`${detail.code} ${detail.severity}`));
    // The cues are in the displayer, which shows them to nobody but the viewer.
    this.player.configure("textDisplayFactory", (player) => {
      const displayer = new shaka.text.UITextDisplayer(player);
      const append = displayer.append.bind(displayer);
      displayer.append = (cues) => {
        this.kept.push(...cues);
        append(cues);
      };
      const remove = displayer.remove.bind(displayer);
      displayer.remove = (start, end) => {
        this.kept = this.kept.filter((cue) => cue.startTime >= end || cue.endTime <= start);
        return remove(start, end);
      };
      return displayer;
    });
    this.kept = [];
    this.attached = this.player.attach(video);
  }

  async load(url) {
    await this.attached;
    await this.player.load(url);
  }

  unload() {
    return this.player.destroy();
  }

  get tracks() {
    const { player } = this;
    const variants = player.getVariantTracks();
    return {
      form: player.getManifestType(),
      heights: [...new Set(variants.map((track) => track.height ?? 0))].sort((one, other) => one - other),
      codecs: [...new Set(variants.map((track) => track.videoCodec ?? track.audioCodec))],
      sounds: player.getAudioTracks().map((track) => ({ language: track.language, label: track.label, isOn: track.active })),
      texts: player.getTextTracks().map((track) => ({
        language: track.language, label: track.label, isForced: track.forced, isOn: track.active,
      })),
    };
  }

  get cues() {
    return this.kept.map((cue) => [round(cue.startTime), round(cue.endTime), plain(cue)]);
  }

  get shown() {
    return this.box.querySelector(".shaka-text-container")?.innerText.trim() ?? "";
  }

  chooseSound(language) {
    this.player.selectAudioTrack(this.player.getAudioTracks().find((track) => track.language === language));
  }

  chooseText(language) {
    this.player.selectTextTrack(this.player.getTextTracks().find((track) => track.language === language));
  }
}

const plain = (cue) => cue.payload || cue.nestedCues.map(plain).join("");

const KINDS = { "hls.js": HlsJs, "Shaka HLS": Shaka, "Shaka DASH": Shaka };
const stages = {};
const context = new AudioContext();

class Stage {
  constructor(name) {
    this.errors = [];
    this.box = document.createElement("figure");
    this.box.append(Object.assign(document.createElement("figcaption"), { textContent: name }));
    const screen = document.createElement("div");
    this.video = document.createElement("video");
    screen.append(this.video);
    this.box.append(screen);
    document.body.append(this.box);
    this.ear = new AnalyserNode(context, { fftSize: 8192 });
    context.createMediaElementSource(this.video).connect(this.ear);
    this.player = new KINDS[name](screen, this.video, this.errors);
  }

  async start(url) {
    // Nobody waits until it plays: what cannot be loaded never does.
    this.video.autoplay = true;
    await Promise.resolve(this.player.load(url)).catch((error) => this.errors.push(`${error.code ?? error}`));
  }

  // The frequency that is loudest in what is heard.
  get pitch_hz() {
    const levels = new Float32Array(this.ear.frequencyBinCount);
    this.ear.getFloatFrequencyData(levels);
    const loudest = levels.indexOf(Math.max(...levels));
    return Math.round((loudest * context.sampleRate) / this.ear.fftSize);
  }

  get seen() {
    const { video } = this;
    const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
    return {
      ...this.player.tracks,
      at_s: video.currentTime,
      duration_s: video.duration,
      size: [video.videoWidth, video.videoHeight],
      pictures: totalVideoFrames - droppedVideoFrames,
      soundBytes: video.webkitAudioDecodedByteCount,
      errors: this.errors,
    };
  }

  // The mean colour of a part of the picture, its edges in shares of it.
  colour([left, top, right, bottom]) {
    const { videoWidth: width, videoHeight: height } = this.video;
    const canvas = new OffscreenCanvas(width, height).getContext("2d");
    canvas.drawImage(this.video, 0, 0);
    const { data } = canvas.getImageData(left * width, top * height, (right - left) * width, (bottom - top) * height);
    const sums = [0, 0, 0];
    data.forEach((level, at) => { if (at % 4 < 3) sums[at % 4] += level; });
    return sums.map((sum) => Math.round((4 * sum) / data.length));
  }
}

async function show(urls) {
  for (const stage of Object.values(stages)) await stage.player.unload();
  document.body.replaceChildren();
  for (const name of Object.keys(stages)) delete stages[name];
  for (const [name, url] of Object.entries(urls)) stages[name] = new Stage(name);
  await Promise.all(Object.entries(urls).map(([name, url]) => stages[name].start(url)));
}
