// Reads the text format of /metrics, and makes rates and quantiles of two
// readings.

/** @typedef {Map<string, {labels: Record<string, string>, value: number}[]>} Reading */

/**
 * @param {string} text
 * @returns {Reading}
 */
export function parseMetrics(text) {
  const reading = new Map();
  for (const line of text.split("\n")) {
    const parts = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (!parts) continue; // a comment, or nothing
    const [, name, inner, number] = parts;
    const labels = {};
    for (const [, key, value] of (inner ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      labels[key] = value.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c));
    }
    if (!reading.has(name)) reading.set(name, []);
    reading.get(name).push({ labels, value: number === "+Inf" ? Infinity : Number(number) });
  }
  return reading;
}

/**
 * The sum of a metric over its labels, those left out that keep refuses; null if
 * there is none.
 * @param {Reading} reading
 * @param {string} name
 * @param {(labels: Record<string, string>) => boolean} [keep]
 */
export function sum(reading, name, keep = () => true) {
  const samples = reading.get(name)?.filter(({ labels }) => keep(labels));
  return samples?.length ? samples.reduce((total, { value }) => total + value, 0) : null;
}

/**
 * What a counter has grown by a second.
 * @param {Reading} before
 * @param {Reading} after
 * @param {string} name
 * @param {number} seconds between the readings
 * @param {(labels: Record<string, string>) => boolean} [keep]
 */
export function rate(before, after, name, seconds, keep) {
  const [from, to] = [sum(before, name, keep) ?? 0, sum(after, name, keep)];
  return to === null || to < from || seconds <= 0 ? null : (to - from) / seconds;
}

/**
 * A quantile of what a histogram has taken in between two readings, as far as
 * its buckets tell; null if that is nothing.
 * @param {Reading} before
 * @param {Reading} after
 * @param {string} name
 * @param {number} q
 */
export function quantile(before, after, name, q) {
  const buckets = (reading) => {
    const totals = new Map();
    for (const { labels, value } of reading.get(name + "_bucket") ?? []) {
      const edge = labels.le === "+Inf" ? Infinity : Number(labels.le);
      totals.set(edge, (totals.get(edge) ?? 0) + value);
    }
    return totals;
  };
  const old = buckets(before);
  const grown = Array.from(buckets(after), ([edge, value]) => ({ edge, count: value - (old.get(edge) ?? 0) })).sort(
    (a, b) => a.edge - b.edge,
  );
  const all = grown.at(-1)?.count ?? 0;
  if (all <= 0) return null;
  const goal = q * all;
  const at = grown.findIndex(({ count }) => count >= goal);
  const [low, lowCount] = at > 0 ? [grown[at - 1].edge, grown[at - 1].count] : [0, 0];
  const { edge, count } = grown[at];
  return edge === Infinity ? low : low + ((edge - low) * (goal - lowCount)) / (count - lowCount);
}
