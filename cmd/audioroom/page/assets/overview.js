// The running server at a glance, from what it tells anyway: /metrics, /healthz
// and the list of rooms. It asks only while it is looked at.

import { fetchHealth, fetchMetrics, fetchRooms } from "./api.js";
import { byID, h, keep, replace, say, set, svg } from "./dom.js";
import { parseMetrics, quantile, rate, sum } from "./metrics.js";
import { line, strip } from "./plot.js";

const interval = 2_000;
const points = 60;

/** Each tile: a name, the value of a moment, and how it reads. */
const tiles = [
  { key: "rooms", name: "Rooms", value: ({ after }) => sum(after, "audioroom_rooms"), words: whole, sub: ({ unsaved }) => (unsaved ? `${unsaved} not saved` : "all saved") },
  { key: "connections", name: "Connections", value: ({ after }) => sum(after, "audioroom_connections"), words: whole, sub: ({ frames }) => `${short(frames)} frames a second out` },
  { key: "commits", name: "Operations a second", value: ({ commits }) => commits, words: short, sub: ({ batch }) => (batch ? `${short(batch)} in a pipeline` : "commits confirmed by Redis") },
  { key: "latency", name: "Commit latency, 99 of 100", value: ({ p99 }) => p99, words: duration, sub: ({ p50 }) => (p50 === null ? "nothing to commit" : `half within ${duration(p50)}`) },
  { key: "redis", name: "Redis", health: "redis", sub: ({ late }) => `${short(late)} late commits` },
  { key: "laravel", name: "Laravel", health: "laravel", sub: ({ pending, calls }) => `${short(calls)} calls a second, ${whole(pending)} statuses waiting` },
];

export class Overview {
  constructor() {
    this.history = Object.fromEntries(tiles.map(({ key }) => [key, []]));
    this.before = null;
    this.timer = null;
    this.elements = new Map(tiles.map((tile) => {
      const plot = svg("svg", { class: "plot" });
      const value = h("p", { class: "value" }, "–");
      const sub = h("p", { class: "sub" });
      byID("tiles").append(h("section", { class: "card tile", "data-tile": tile.key }, h("h2", {}, tile.name), value, plot, sub));
      return [tile.key, { plot, value, sub }];
    }));
  }

  /** Starts or ends the asking. */
  show(visible) {
    clearTimeout(this.timer);
    this.visible = visible;
    if (visible) this.#ask();
  }

  async #ask() {
    const [metrics, health, rooms] = await Promise.allSettled([fetchMetrics(), fetchHealth(), fetchRooms()]);
    if (!this.visible) return;
    this.#tiles(metrics.value, health.value);
    this.#rooms(rooms);
    say(byID("overview-hint"), metrics.status === "rejected" ? `The server does not answer: ${metrics.reason.message}` : `Every ${interval / 1000} seconds, the last ${(points * interval) / 60_000} minutes.`);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#ask(), interval);
  }

  #tiles(text, health) {
    const at = Date.now();
    const after = text === undefined ? null : parseMetrics(text);
    const moment = after && readings(this.before, { at, reading: after });
    this.before = after && { at, reading: after };
    for (const tile of tiles) {
      const { plot, value, sub } = this.elements.get(tile.key);
      const values = this.history[tile.key];
      if (tile.health) {
        const trouble = health?.degraded?.[tile.health];
        const well = health ? !trouble : null;
        values.push(well);
        say(value, well === null ? "no answer" : well ? "healthy" : "degraded");
        set(value, "data-well", String(well ?? "unknown"));
        say(sub, trouble ?? (moment ? tile.sub(moment) : ""));
        strip(plot, values, points, `${tile.name}: ${value.textContent}`);
      } else {
        const now = moment && tile.value(moment);
        values.push(now ?? null);
        say(value, now === null || now === undefined ? "–" : tile.words(now));
        say(sub, moment ? tile.sub(moment) : "");
        line(plot, values, points, `${tile.name}, ${value.textContent} now`);
      }
      if (values.length > points) values.shift();
    }
  }

  #rooms({ status, value, reason }) {
    const body = byID("rooms");
    if (status === "rejected") {
      say(byID("rooms-hint"), `The list can't be read: ${reason.message}.`);
      return;
    }
    keep(body, value.rooms, ({ id }) => id, () => h("tr", {}, h("th", { scope: "row" }, h("a", {})), h("td", { class: "number" }), h("td", {}, h("span", { class: "meter", "aria-hidden": "true" }), h("span", { class: "seatwords" })), h("td", {})), (row, room) => {
      const [name, people, seats, activity] = row.children;
      say(name.firstElementChild, room.id);
      set(name.firstElementChild, "href", `/?${new URLSearchParams({ room: room.id })}`);
      say(people, String(room.participants));
      const parts = { taken: room.taken, held: room.held, locked: room.locked };
      const [meter, words] = seats.children;
      replace(meter, Object.entries(parts).map(([state, count]) => {
        const part = h("i", { "data-state": state });
        part.style.setProperty("flex-grow", String(count));
        return part;
      }), rest(room));
      say(words, [`${room.taken} of ${room.seatCount}`, room.held && `${room.held} held`, room.locked && `${room.locked} locked`, room.invites && `${room.invites} offered`].filter(Boolean).join(", "));
      say(activity, ago(value.now - room.activity));
    });
    say(byID("rooms-hint"), value.rooms.length === 0 ? "No room is open." : value.total > value.rooms.length ? `The latest ${value.rooms.length} of ${value.total}.` : "");
  }
}

function rest({ seatCount, taken, held, locked }) {
  const part = h("i", {});
  part.style.setProperty("flex-grow", String(Math.max(0, seatCount - taken - held - locked)));
  return part;
}

/** What the tiles need of a reading and the one before it. */
function readings(before, { at, reading }) {
  const seconds = before ? (at - before.at) / 1000 : 0;
  const since = before?.reading ?? reading;
  const per = (name, keep) => rate(since, reading, name, seconds, keep);
  const orders = per("audioroom_commit_batch_size_sum");
  const pipelines = per("audioroom_commit_batch_size_count");
  return {
    after: reading,
    unsaved: sum(reading, "audioroom_rooms_unsaved"),
    frames: per("audioroom_sent_frames_total"),
    commits: per("audioroom_commit_seconds_count"),
    batch: pipelines ? orders / pipelines : null,
    p50: quantile(since, reading, "audioroom_commit_seconds", 0.5),
    p99: quantile(since, reading, "audioroom_commit_seconds", 0.99),
    late: sum(reading, "audioroom_commits_late_total"),
    calls: per("audioroom_laravel_call_seconds_count"),
    pending: sum(reading, "audioroom_statuses_pending"),
  };
}

function whole(value) {
  return value === null ? "–" : Math.round(value).toLocaleString("en");
}

function short(value) {
  if (value === null || value === undefined) return "–";
  return value >= 100 || Number.isInteger(value) ? Math.round(value).toLocaleString("en") : value.toFixed(1);
}

function duration(seconds) {
  if (seconds === null) return "–";
  return seconds < 1 ? `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms` : `${seconds.toFixed(1)} s`;
}

function ago(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 2) return "now";
  return seconds < 120 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
}
