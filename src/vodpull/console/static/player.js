// The player of one asset: Shaka with its controls, quality menu and storyboard previews.
"use strict";

(async () => {
  const box = document.getElementById("player");
  const video = box.querySelector("video");
  const { src, dash, storyboard, language, failed } = box.dataset;
  const chosen = window.location.hash === "#dash" && dash ? dash : src;
  window.addEventListener("hashchange", () => window.location.reload());

  // The player cannot resolve addresses against the page.
  const absolute = (path) => new URL(path, window.location.href).href;

  function tellFailure(error) {
    const notice = document.createElement("p");
    notice.className = "box bad";
    notice.textContent = failed.replace("#", String(error?.code ?? ""));
    document.getElementById("notice").replaceChildren(notice);
  }

  shaka.polyfill.installAll();
  const player = new shaka.Player();
  // Before it is attached: else the browser draws the captions, from a source that the policy of the page refuses.
  player.setVideoContainer(box);
  await player.attach(video);
  const overlay = new shaka.ui.Overlay(player, box, video);
  overlay.configure({
    controlPanelElements: ["play_pause", "mute", "volume", "time_and_duration", "spacer", "quality", "overflow_menu", "fullscreen"],
    overflowMenuButtons: ["captions", "language", "playback_rate", "picture_in_picture", "loop", "statistics"],
    bigButtons: ["play_pause"],
  });
  // There are no advertisements here, and their buttons have no names for people who hear the page.
  for (const part of box.querySelectorAll(".shaka-ad-info, .shaka-skip-ad-container")) part.remove();
  overlay.getControls().getLocalization().changeLocale([language]);
  player.addEventListener("error", (event) => tellFailure(event.detail));
  // Text is chosen before the first picture comes: where HLS has it in time, Shaka learns from pictures, and only once
  // there is text to place. Chosen later, it waits for the next picture, and a short film has none to come.
  player.addEventListener("streaming", () => {
    const texts = player.getTextTracks();
    const first = texts.find((track) => track.primary) ?? texts[0];
    if (first) player.configure({ preferredText: [{ language: first.language, role: "", format: "", forced: first.forced }] });
  });
  try {
    // From the beginning, also of a video that is still growing: it is no live show to join at its end.
    await player.load(absolute(chosen), 0);
  } catch (error) {
    tellFailure(error);
    return;
  }
  // The default of the video is shown, and no other unless somebody asks.
  player.selectTextTrack(player.getTextTracks().find((track) => track.primary));
  // Where a viewer stopped is what the form for a poster proposes.
  const posterAt = document.getElementById("poster-at");
  const propose = () => { posterAt.value = video.currentTime.toFixed(2); };
  if (posterAt) for (const stop of ["pause", "seeked"]) video.addEventListener(stop, propose);
  // A clip begins or ends where the player stands.
  for (const button of document.querySelectorAll("[data-instant]")) {
    button.addEventListener("click", () => { button.form.elements[button.dataset.instant].value = video.currentTime.toFixed(3); });
  }
  // Previews are an extra: a video without them plays as well.
  if (storyboard) await player.addThumbnailsTrack(absolute(storyboard), "text/vtt").catch(() => {});
})();
