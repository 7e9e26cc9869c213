// How the connection is, in the bar; and the button that cuts it.

import { byID, icon, replace, say, set } from "./dom.js";
import { secondsLeft } from "./room.js";

export class Wire {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    this.state = byID("wire-state");
    this.cut = byID("cut");
    this.cut.addEventListener("click", () => (session.connection.name === "connected" ? session.cut() : session.reconnect()));
  }

  render(now) {
    const { connection, room, latency } = this.session;
    set(byID("wire"), "hidden", !room);
    if (!room) return;
    set(this.state, "data-state", connection.name);
    say(this.state, wordsOf(connection, now));
    const connected = connection.name === "connected";
    set(this.state, "title", connected && latency !== null ? `The last answer took ${latency.toFixed(0)} ms` : null);
    const action = connected ? "cut" : "again";
    if (this.cut.dataset.action !== action) {
      this.cut.dataset.action = action;
      replace(this.cut, icon(action), connected ? "Cut the connection" : "Reconnect");
    }
    set(this.cut, "disabled", connection.name === "connecting");
  }
}

/**
 * @param {import("./client.js").ConnectionState} state
 * @param {number} now
 */
function wordsOf({ name, retryAt, attempt }, now) {
  switch (name) {
    case "connected":
      return "Connected";
    case "connecting":
      return attempt ? "Reconnecting…" : "Connecting…";
    case "waiting":
      return `Reconnecting in ${secondsLeft(retryAt, now)} s`;
    case "cut":
      return "Cut";
    case "refused":
      return "Refused";
  }
  return "Not connected";
}
