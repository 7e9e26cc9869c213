// Everything that went over the wire, the latest first: filtered, copied, and
// added to.

import { byID, h, icon, keep, replace, say, set } from "./dom.js";
import { announce } from "./toast.js";

/** How many lines are shown; all that are kept can be copied. */
const maxShown = 200;

const kinds = { sent: "Sent", answer: "Answers", heard: "Heard", state: "Connection" };
const marks = { sent: "↑", answer: "↩", heard: "↓", state: "•" };

export class Log {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    this.lines = byID("log-lines");
    this.filter = byID("log-filter");
    this.hidden = new Set();
    for (const [kind, name] of Object.entries(kinds)) {
      byID("log-kinds").append(
        h(
          "button",
          {
            type: "button",
            class: "chip",
            "data-kind": kind,
            "aria-pressed": "true",
            click: (event) => this.#toggle(kind, event.currentTarget),
          },
          name,
        ),
      );
    }
    this.filter.addEventListener("input", () => this.render());
    byID("log-clear").addEventListener("click", () => session.clearJournal());
    byID("log-copy").addEventListener("click", () => copy(this.#chosen().map(plain)));
  }

  render() {
    const chosen = this.#chosen();
    keep(this.lines, chosen.slice(-maxShown).reverse(), ({ n }) => n, make);
    const { length } = this.session.journal;
    say(byID("log-count"), chosen.length === length ? `${length}` : `${chosen.length} of ${length}`);
    set(this.lines, "data-empty", chosen.length === 0);
  }

  #chosen() {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    return this.session.journal.filter((line) => {
      if (this.hidden.has(line.kind)) return false;
      const text = (line.event + " " + JSON.stringify(line.payload)).toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }

  #toggle(kind, button) {
    if (!this.hidden.delete(kind)) this.hidden.add(kind);
    set(button, "aria-pressed", String(!this.hidden.has(kind)));
    this.render();
  }
}

function make(line) {
  const { kind, event, payload, at, took } = line;
  const details = h(
    "details",
    {},
    h(
      "summary",
      {},
      h("time", {}, clock(at)),
      h(
        "span",
        { class: "dir", title: kinds[kind] },
        h("span", { "aria-hidden": "true" }, marks[kind]),
        h("span", { class: "unseen" }, kinds[kind]),
      ),
      h("span", { class: "event" }, event),
      h("span", { class: "brief" }, JSON.stringify(payload) ?? ""),
      took !== undefined && h("span", { class: "took" }, `${took} ms`),
    ),
  );
  details.addEventListener("toggle", () => {
    if (details.childElementCount > 1) return;
    details.append(
      h(
        "div",
        { class: "whole" },
        h("pre", { tabindex: "0" }, JSON.stringify(payload, null, 2) ?? ""),
        h("button", { type: "button", class: "quiet", click: () => copy(plain(line)) }, "Copy"),
      ),
    );
  });
  return h("li", { "data-kind": kind, "data-failed": Boolean(payload?.error ?? payload?.failed) }, details);
}

/** @param {import("./session.js").Line} line */
const plain = ({ at, kind, event, payload, took }) => ({
  at: new Date(at).toISOString(),
  kind,
  event,
  payload,
  ...(took === undefined ? {} : { took }),
});

function clock(at) {
  const time = new Date(at);
  const two = (n) => String(n).padStart(2, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

/** Puts JSON on the clipboard, also where the page may not write there by itself. */
async function copy(value) {
  const text = JSON.stringify(value, null, 2);
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { class: "unseen" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  announce("Copied.");
}

/** Sends any event with any payload, as a web developer's own page would. */
export class Sender {
  /**
   * @param {import("./session.js").Session} session
   * @param {any} reference the AsyncAPI document
   */
  constructor(session, reference) {
    const open = byID("log-send-open");
    const form = byID("log-send");
    const select = byID("send-event");
    const payload = byID("send-payload");
    open.addEventListener("click", () => {
      form.hidden = !form.hidden;
      set(open, "aria-expanded", String(!form.hidden));
      if (!form.hidden) select.focus();
    });
    const examples = new Map();
    for (const { action, title, messages } of Object.values(reference.operations)) {
      if (action !== "receive") continue;
      const name = messages[0].$ref.split("/").pop();
      examples.set(title, reference.components.messages[name].examples[0].payload);
    }
    replace(
      select,
      Array.from(examples.keys(), (event) => h("option", {}, event)),
    );
    const suggest = () => {
      const example = { ...examples.get(select.value) };
      if ("roomId" in example && session.room) example.roomId = session.room.id;
      payload.value = JSON.stringify(example);
    };
    select.addEventListener("change", suggest);
    open.addEventListener("click", suggest);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      let value;
      try {
        value = JSON.parse(payload.value);
      } catch (error) {
        payload.setCustomValidity(`This is no JSON: ${error.message}`);
        payload.reportValidity();
        return;
      }
      session.act(select.value, value, `Sending ${select.value}`);
    });
    payload.addEventListener("input", () => payload.setCustomValidity(""));
  }
}
