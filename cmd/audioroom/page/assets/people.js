// Who is in the room.

import { byID, h, icon, keep, replace, say, set } from "./dom.js";
import { openMenu } from "./menu.js";
import { avatar, badge, paint } from "./person.js";
import { nameOf, seatOf } from "./room.js";

export class People {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    this.list = byID("people");
  }

  render() {
    const { room } = this.session;
    const all = [...room.participants].sort((a, b) => Number(b === room.me) - Number(a === room.me));
    keep(
      this.list,
      all,
      (id) => id,
      (id) => this.#make(id),
      (li, id) => this.#update(li, id),
    );
    say(byID("people-title"), `In the room · ${room.count}`);
  }

  #make(id) {
    return h(
      "li",
      {},
      h(
        "button",
        { class: "person", type: "button", "aria-haspopup": "menu", "aria-expanded": "false", click: () => this.#open(id) },
        avatar(),
        h("span", { class: "name", dir: "auto" }),
        h("span", { class: "rank", "data-rank": "member" }),
        h("span", { class: "unseen" }),
        h("span", { class: "where" }),
      ),
    );
  }

  #update(li, id) {
    const { session } = this;
    const { room } = session;
    const button = li.firstElementChild;
    const [face, name, rank, aside, where] = button.children;
    paint(face, room.users[id] ?? { id, name: nameOf(room, id) });
    say(name, nameOf(room, id) + (id === room.me ? " (you)" : ""));
    badge(rank, session.rankOf(id));
    say(aside, `, ${session.rankOf(id)}, `);
    const seat = seatOf(room, id);
    const text = seat < 0 ? "listens" : `seat ${seat}`;
    const muted = seat >= 0 && room.seats[seat].isMuted;
    if (where.dataset.text !== text + muted) {
      where.dataset.text = text + muted;
      replace(where, muted && [icon("mic-off"), h("span", { class: "unseen" }, "muted, ")], text);
    }
    set(button, "disabled", session.rights.ofUser(room, id).length === 0);
  }

  #open(id) {
    const { session } = this;
    const button = Array.from(this.list.children).find((li) => li.dataset.key === String(id)).firstElementChild;
    openMenu(button, { title: nameOf(session.room, id), items: session.rights.ofUser(session.room, id) }, (item) =>
      session.act(item.event, item.payload, item.label),
    );
  }
}
