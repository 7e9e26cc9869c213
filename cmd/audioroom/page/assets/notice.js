// What the user should know or answer now: an invite, a seat that is held for
// them, a connection that is away, a room that is over.

import { byID, h, icon, keep, say, set } from "./dom.js";
import { refusalOf } from "./errors.js";
import { nameOf, secondsLeft } from "./room.js";

const reasons = {
  auto_close: "Nobody was there any more.",
  admin_force_close: "The backend has closed it.",
  internal_error: "The server could not keep it.",
};

export class Notices {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    this.element = byID("notices");
  }

  render(now) {
    keep(
      this.element,
      this.#due(now),
      ({ key }) => key,
      (notice) => this.#make(notice),
      (element, { text, left }) => {
        say(element.querySelector("p"), text);
        say(element.querySelector(".left"), left ? `${left} s` : "");
      },
    );
  }

  #due(now) {
    const { session } = this;
    const { room, connection } = session;
    const due = [];
    for (const [index, invite] of Object.entries(room.invites)) {
      if (invite.userId !== room.me || !room.present) continue;
      const payload = { roomId: room.id, seatIndex: Number(index) };
      due.push({
        key: `invite ${index}`,
        tone: "invite",
        left: secondsLeft(invite.until, now),
        text: invite.byId ? `${nameOf(room, invite.byId)} offers you seat ${index}.` : `Seat ${index} is offered to you.`,
        buttons: [
          ["Accept", () => session.act("seat:invite:accept", payload, "Accepting the invite"), "primary"],
          ["Decline", () => session.act("seat:invite:decline", payload, "Declining the invite")],
        ],
      });
    }
    const held = Object.entries(room.holds).find(([, hold]) => hold.userId === room.me);
    const keeps = held ? ` Seat ${held[0]} is held for you.` : "";
    const left = held ? secondsLeft(held[1].until, now) : 0;
    const again = ["Reconnect", () => session.reconnect(), "primary"];
    switch (connection.name) {
      case "cut":
        due.push({
          key: "cut",
          tone: "away",
          text: `You have cut the connection. The others see you gone.${keeps}`,
          left,
          buttons: [again],
        });
        break;
      case "waiting":
        due.push({
          key: "waiting",
          tone: "away",
          text: `${connection.reason ? refusalOf(connection.reason) : "The connection is lost."} Trying again in a moment.${keeps}`,
          left,
          buttons: [["Try now", again[1], "primary"]],
        });
        break;
      case "refused":
        due.push({ key: "refused", tone: "wrong", text: refusalOf(connection.reason), buttons: [["Try again", again[1], "primary"]] });
        break;
      case "ended":
        due.push({ key: "ended", tone: "away", text: connection.reason, buttons: [again] });
        break;
      case "connected":
        if (room.closed)
          due.push({
            key: "closed",
            tone: "away",
            text: `The room is closed. ${reasons[room.closed] ?? room.closed}`,
            buttons: [["Open it again", () => session.join(), "primary"]],
          });
    }
    return due;
  }

  #make({ tone, buttons }) {
    const element = h(
      "div",
      { class: "notice", role: tone === "wrong" ? "alert" : "status" },
      icon({ invite: "mail", away: "cut", wrong: "close" }[tone]),
      h("p", {}),
      h("span", { class: "left", "aria-hidden": "true" }),
      h(
        "span",
        { class: "buttons" },
        buttons.map(([label, click, kind]) => h("button", { type: "button", class: kind ?? "quiet", click }, label)),
      ),
    );
    set(element, "data-tone", tone);
    return element;
  }
}
