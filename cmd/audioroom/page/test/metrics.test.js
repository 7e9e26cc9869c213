import assert from "node:assert/strict";
import { test } from "node:test";

import { parseMetrics, quantile, rate, sum } from "../assets/metrics.js";

const text = (n) => `# HELP a_total Things, "quoted" {braces}.
# TYPE a_total counter
a_total{kind="x"} ${n}
a_total{kind="y \\"q\\" \\\\ \\n}"} 2
gauge 3.5e-05
h_bucket{le="0.1"} ${n}
h_bucket{le="0.2"} ${n + 10}
h_bucket{le="+Inf"} ${n + 20}
h_sum 1
h_count ${n + 20}
`;

test("the text format is read", () => {
  const reading = parseMetrics(text(1));
  assert.deepEqual(reading.get("a_total"), [
    { labels: { kind: "x" }, value: 1 },
    { labels: { kind: 'y "q" \\ \n}' }, value: 2 },
  ]);
  assert.equal(sum(reading, "gauge"), 3.5e-5);
  assert.equal(sum(reading, "a_total"), 3);
  assert.equal(
    sum(reading, "a_total", ({ kind }) => kind === "x"),
    1,
  );
  assert.equal(sum(reading, "nothing"), null);
  assert.equal(parseMetrics("").size, 0);
});

test("a rate is growth in time, and unknown after a restart", () => {
  const [before, after] = [parseMetrics(text(1)), parseMetrics(text(11))];
  assert.equal(rate(before, after, "a_total", 5), 2);
  assert.equal(rate(after, before, "a_total", 5), null);
  assert.equal(rate(before, after, "nothing", 5), null);
  assert.equal(rate(before, after, "a_total", 0), null);
});

test("a quantile lies within its bucket", () => {
  const before = parseMetrics('h_bucket{le="0.1"} 0\nh_bucket{le="0.2"} 0\nh_bucket{le="+Inf"} 0\n');
  const after = parseMetrics('h_bucket{le="0.1"} 50\nh_bucket{le="0.2"} 100\nh_bucket{le="+Inf"} 100\n');
  assert.equal(quantile(before, after, "h", 0.5), 0.1);
  assert.ok(Math.abs(quantile(before, after, "h", 0.75) - 0.15) < 1e-9);
  assert.equal(quantile(after, after, "h", 0.5), null, "nothing was taken in");
  const beyond = parseMetrics('h_bucket{le="0.1"} 0\nh_bucket{le="0.2"} 0\nh_bucket{le="+Inf"} 9\n');
  assert.equal(quantile(before, beyond, "h", 0.5), 0.2, "as far as the buckets tell");
});
