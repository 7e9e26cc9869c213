// Small plots: a line of the last values, and a strip of what was well and what
// was not.

import { replace, set, svg } from "./dom.js";

const width = 240;
const height = 56;

/**
 * Draws values into an element, the newest at the right; null leaves a gap.
 * @param {any} element an svg element
 * @param {(number | null)[]} values
 * @param {number} most how many there will be at most
 * @param {string} name for people who can't see it
 */
export function line(element, values, most, name) {
  frame(element, name);
  const top = Math.max(...values.map((value) => value ?? 0), Number.MIN_VALUE);
  const x = (i) => width - ((values.length - 1 - i) * width) / (most - 1);
  const y = (value) => height - 2 - (value / top) * (height - 8);
  const runs = [];
  values.forEach((value, i) => {
    if (value === null) return;
    if (i === 0 || values[i - 1] === null) runs.push([]);
    runs.at(-1).push([x(i), y(value)]);
  });
  const path = (run) => run.map(([a, b], i) => `${i ? "L" : "M"}${a.toFixed(1)} ${b.toFixed(1)}`).join("");
  const last = runs.at(-1)?.at(-1);
  replace(
    element,
    svg("path", { class: "base", d: `M0 ${height}H${width}` }),
    runs.map((run) =>
      svg("path", { class: "area", d: `${path(run)}L${run.at(-1)[0].toFixed(1)} ${height}L${run[0][0].toFixed(1)} ${height}Z` }),
    ),
    runs.map((run) => svg("path", { class: "line", d: path(run) })),
    last && values.at(-1) !== null && svg("path", { class: "dot", d: `M${last[0].toFixed(1)} ${last[1].toFixed(1)}h0` }),
  );
}

/**
 * Draws a strip: true was well, false was not, null is not known.
 * @param {any} element an svg element
 * @param {(boolean | null)[]} values
 * @param {number} most
 * @param {string} name
 */
export function strip(element, values, most, name) {
  frame(element, name);
  const step = width / most;
  replace(
    element,
    Array.from({ length: most }, (_, i) => {
      const value = values[values.length - most + i];
      return svg("rect", {
        class: "tick",
        "data-well": String(value ?? "unknown"),
        x: (i * step).toFixed(1),
        y: 14,
        width: (step - 1.5).toFixed(1),
        height: 30,
        rx: 1.5,
      });
    }),
  );
}

function frame(element, name) {
  set(element, "viewBox", `0 0 ${width} ${height}`);
  set(element, "preserveAspectRatio", "none");
  set(element, "role", "img");
  set(element, "aria-label", name);
}
