// The charts of the system page, each one line over the last hours. The figures come anew every 15 seconds.
"use strict";

(() => {
  const EVERY_MS = 15_000;
  const HEIGHT_PX = 150;
  const KILO = 1000;
  const box = document.getElementById("charts");

  // Read at each drawing, so that a change of colours shows.
  const colour = (name) => () => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const clock = (seconds) => new Date(KILO * seconds).toISOString().slice(11, 16);

  function rate(value) {
    const units = ["B/s", "kB/s", "MB/s", "GB/s"];
    let size = value;
    while (size >= KILO && units.length > 1) {
      size /= KILO;
      units.shift();
    }
    return `${size < 10 && size > 0 ? size.toFixed(1) : Math.round(size)} ${units[0]}`;
  }

  const WRITE = { rate, count: String, factor: (value) => `${value.toFixed(1)}×` };

  function draw(figure) {
    const { series, unit, now, most } = figure.dataset;
    const write = (value) => (value === null || value === undefined ? "—" : WRITE[unit](value));
    const place = figure.querySelector(".chart");
    const line = figure.querySelector("[data-figures]");
    const title = place.getAttribute("aria-label");
    let summary = "";
    const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const chart = new uPlot({
      width: place.clientWidth,
      height: HEIGHT_PX,
      padding: [8, 8, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false } },
      scales: { y: { range: (_, least, top) => [0, Math.max(top ?? 0, 1) * 1.1] } },
      axes: [
        { ...axis, values: (_, times) => times.map(clock), space: 70, size: 26 },
        { ...axis, values: (_, values) => values.map((value) => (unit === "count" && value % 1 ? "" : write(value))), size: 66, space: 36 },
      ],
      series: [
        {},
        { stroke: colour("--bar"), fill: colour("--accent-ground"), width: 2, spanGaps: true, points: { show: unit === "factor", size: 5 } },
      ],
      hooks: {
        setCursor: [({ cursor: { idx }, data: [times, values] }) => {
          line.textContent = idx === null || idx === undefined ? summary : `${clock(times[idx])} · ${write(values[idx])}`;
        }],
      },
    }, [[], []], place);
    new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: HEIGHT_PX })).observe(place);
    return (history) => {
      const values = history[series];
      const known = values.filter((value) => value !== null);
      summary = `${now} ${write(values.at(-1))} · ${most} ${write(known.length ? Math.max(...known) : null)}`;
      line.textContent = summary;
      place.setAttribute("aria-label", `${title}: ${summary}`);
      chart.setData([history.starts_s, values]);
    };
  }

  const charts = [...box.querySelectorAll("figure")].map(draw);

  async function refresh() {
    const reply = await fetch(box.dataset.src, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (reply?.status === 401) window.location.reload();
    if (!reply?.ok) return;
    const history = await reply.json();
    for (const show of charts) show(history);
  }

  refresh();
  setInterval(refresh, EVERY_MS);
})();
