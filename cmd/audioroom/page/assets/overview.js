// The running server at a glance, from what it tells anyway: /metrics, /healthz
// and the list of rooms. It asks only while it is looked at.

import { fetchHealth, fetchMetrics, fetchRooms } from "./api.js";
import { byID, h, keep, replace, say, set, svg } from "./dom.js";
import { parseMetrics, quantile, rate, sum } from "./metrics.js";
import { line, strip } from "./plot.js";

const interval = 2_000;
const points = 60;

/** Each tile: a name, the value of a moment or the part that is well or not, and what is told beside it. */
const tiles = [
  {
    key: "rooms",
    name: "Rooms",
    value: ({ rooms }) => rooms,
    words: whole,
    sub: ({ unsaved }) => (unsaved ? `${whole(unsaved)} not saved` : "all saved"),
  },
  {
    key: "people",
    name: "People in rooms",
    value: ({ people }) => people,
    words: whole,
    sub: ({ connections }) => `${whole(connections)} connections`,
  },
  {
    key: "operations",
    name: "Operations a second",
    value: ({ operations }) => operations,
    words: short,
    sub: ({ failed, frames }) => (frames === null ? "" : `${short(failed)} of them refused, ${short(frames)} frames out`),
  },
  {
    key: "latency",
    name: "Commit latency",
    value: ({ p99 }) => p99,
    words: duration,
    sub: ({ p50 }) => (p50 === null ? "nothing to commit" : `99 of 100 within this, half within ${duration(p50)}`),
  },
  {
    key: "redis",
    name: "Redis",
    health: "redis",
    sub: ({ batch, late }) => `${batch ? `${short(batch)} to a pipeline, ` : ""}${whole(late)} late so far`,
  },
  {
    key: "laravel",
    name: "Laravel",
    health: "laravel",
    sub: ({ calls, pending }) => `${calls === null ? "" : `${short(calls)} calls a second, `}${whole(pending)} statuses waiting`,
  },
];

export class Overview {
  constructor() {
    this.history = Object.fromEntries(tiles.map(({ key }) => [key, []]));
    this.before = null;
    this.timer = null;
    this.elements = new Map(
      tiles.map((tile) => {
        const plot = svg("svg", { class: "plot" });
        const value = h("p", { class: "value" }, "–");
        const sub = h("p", { class: "sub" });
        byID("tiles").append(h("section", { class: "card tile", "data-tile": tile.key }, h("h2", {}, tile.name), value, plot, sub));
        return [tile.key, { plot, value, sub }];
      }),
    );
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
    this.#tiles(valueOf(metrics), valueOf(health));
    if (rooms.status === "fulfilled") this.#rooms(rooms.value);
    else say(byID("rooms-hint"), `The list can't be read: ${rooms.reason.message}.`);
    say(
      byID("overview-hint"),
      metrics.status === "rejected"
        ? `The server does not answer: ${metrics.reason.message}`
        : `Every ${interval / 1000} seconds, the last ${(points * interval) / 60_000} minutes.`,
    );
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#ask(), interval);
  }

  #tiles(text, health) {
    const at = Date.now();
    const after = text === null ? null : parseMetrics(text);
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
        const now = moment ? tile.value(moment) : null;
        values.push(now);
        say(value, now === null ? "–" : tile.words(now));
        say(sub, moment ? tile.sub(moment) : "");
        line(plot, values, points, `${tile.name}, ${value.textContent} now`);
      }
      if (values.length > points) values.shift();
    }
  }

  #rooms({ now, total, rooms }) {
    keep(
      byID("rooms"),
      rooms,
      ({ id }) => id,
      () =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, h("a", {})),
          h("td", { class: "number" }),
          h("td", {}, h("span", { class: "meter", "aria-hidden": "true" }), h("span", { class: "seatwords" })),
          h("td", {}),
        ),
      (row, room) => {
        const [name, people, seats, activity] = row.children;
        say(name.firstElementChild, room.id);
        set(name.firstElementChild, "href", `/?${new URLSearchParams({ room: room.id })}`);
        say(people, String(room.participants));
        const parts = { taken: room.taken, held: room.held, locked: room.locked };
        const [meter, words] = seats.children;
        replace(
          meter,
          Object.entries(parts).map(([state, count]) => {
            const part = h("i", { "data-state": state });
            part.style.setProperty("flex-grow", String(count));
            return part;
          }),
          rest(room),
        );
        say(
          words,
          [
            `${room.taken} of ${room.seatCount}`,
            room.held && `${room.held} held`,
            room.locked && `${room.locked} locked`,
            room.invites && `${room.invites} offered`,
          ]
            .filter(Boolean)
            .join(", "),
        );
        say(activity, ago(now - room.activity));
      },
    );
    say(
      byID("rooms-hint"),
      rooms.length === 0 ? "No room is open." : total > rooms.length ? `The latest ${rooms.length} of ${total}.` : "",
    );
  }
}

/** @param {PromiseSettledResult<any>} result */
const valueOf = (result) => (result.status === "fulfilled" ? result.value : null);

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
  const within = (q) => quantile(since, reading, "audioroom_commit_duration_seconds", q);
  return {
    rooms: sum(reading, "audioroom_rooms"),
    unsaved: sum(reading, "audioroom_rooms_unsaved"),
    people: sum(reading, "audioroom_participants"),
    connections: sum(reading, "audioroom_connections"),
    operations: per("audioroom_events_total"),
    failed: per("audioroom_events_total", ({ result }) => result !== "ok"),
    frames: per("audioroom_sent_frames_total"),
    batch: pipelines ? orders / pipelines : null,
    p50: within(0.5),
    p99: within(0.99),
    late: sum(reading, "audioroom_commits_late_total"),
    calls: per("audioroom_laravel_calls_total"),
    pending: sum(reading, "audioroom_statuses_pending"),
  };
}

function whole(value) {
  return value === null ? "–" : Math.round(value).toLocaleString("en");
}

function short(value) {
  if (value === null) return "–";
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
