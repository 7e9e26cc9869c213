// The way in: which room, and who to be.

import { windowOf } from "./address.js";
import { bearerOf, fetchRooms, mintToken } from "./api.js";
import { byID, h, replace, set } from "./dom.js";
import { openMenu } from "./menu.js";
import { avatar, paint } from "./person.js";
import { toast } from "./toast.js";

const somebody = "somebody";

export class Door {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    this.config = session.config;
    this.form = byID("door-form");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#enter();
    });
    byID("leave").addEventListener("click", () => session.leave());
    const another = byID("another");
    another.addEventListener("click", () => openMenu(another, { title: "Open a window as", items: this.#others() }, () => {}));
    set(another, "hidden", !this.config.mints);
    set(byID("door-who"), "hidden", !this.config.mints);
    set(byID("door-bearer"), "hidden", this.config.mints);
    if (this.config.mints) this.#offer();
    this.#suggestRooms();
  }

  /** Fills the form from the address, and enters if that says who to be. */
  start() {
    const query = new URLSearchParams(location.search);
    byID("door-room").value = query.get("room") || "lobby";
    const as = query.get("as");
    if (!as || !this.config.mints) return;
    const known = this.form.querySelector(`[name=as][value="${CSS.escape(as)}"]`);
    if (known) known.checked = true;
    else {
      this.form.querySelector(`[value=${somebody}]`).checked = true;
      byID("door-name").value = query.get("name") ?? "";
      this.number = Number(as);
    }
    this.#chosen();
    if (known || byID("door-name").value) this.#enter();
  }

  /** The form, again, after leaving. */
  show() {
    history.replaceState(null, "", location.pathname + location.hash);
    this.#suggestRooms();
    byID("door-room").focus();
  }

  #offer() {
    const choice = (value, face, name, hint, checked) =>
      h(
        "label",
        { class: "choice" },
        h("input", { type: "radio", name: "as", value, checked, change: () => this.#chosen() }),
        face,
        h("span", {}, name, h("small", {}, hint)),
      );
    const faces = this.config.people.map(({ id, name, rank }, i) => {
      const face = avatar();
      paint(face, { id, name });
      return choice(String(id), face, name, rank, i === 0);
    });
    replace(
      byID("door-people"),
      faces,
      choice(somebody, h("span", { class: "avatar", "aria-hidden": "true" }, "?"), "Somebody else", "member", false),
    );
  }

  #chosen() {
    const other = new FormData(this.form).get("as") === somebody;
    set(byID("door-name-field"), "hidden", !other);
    byID("door-name").required = other;
  }

  async #enter() {
    const form = new FormData(this.form);
    const roomId = String(form.get("room")).trim();
    const seatCount = Number(form.get("seats")) || undefined;
    const button = this.form.querySelector("[type=submit]");
    button.disabled = true;
    try {
      const who = this.config.mints ? await this.#minted(form) : this.#brought(form);
      if (!who) return;
      this.session.enter({ roomId, seatCount, ...who });
      history.replaceState(null, "", windowOf(roomId, this.config.mints ? who.me : null, form.get("as") === somebody) + location.hash);
      byID("room").querySelector("h1").focus?.();
    } catch (error) {
      toast({ title: "Joining the room", text: error.message });
    } finally {
      button.disabled = false;
    }
  }

  async #minted(form) {
    const as = form.get("as");
    const known = this.config.people.find(({ id }) => String(id) === as);
    const me = known
      ? { id: known.id, name: known.name }
      : { id: (this.number ??= 1000 + Math.floor(Math.random() * 9000)), name: String(form.get("name")).trim() };
    return { me, rank: known?.rank ?? "member", token: await mintToken(me), renew: () => mintToken(me) };
  }

  #brought(form) {
    const token = String(form.get("token")).trim();
    const me = bearerOf(token);
    if (!me) toast({ title: "Joining the room", text: "That is no token with an id and a name." });
    return me && { me, rank: /** @type {any} */ (byID("door-rank").value), token };
  }

  /** Links that enter the same room as somebody else. */
  #others() {
    const { room } = this.session;
    return this.config.people
      .filter(({ id }) => id !== room.me)
      .map(({ id, name, rank }) => ({
        label: `${name}, ${rank}${room.participants.includes(id) ? " (is here)" : ""}`,
        icon: rank === "member" ? "person" : rank,
        href: windowOf(room.id, { id, name }, false),
      }));
  }

  async #suggestRooms() {
    try {
      const { rooms } = await fetchRooms();
      replace(
        byID("door-rooms"),
        rooms.map(({ id }) => h("option", { value: id })),
      );
    } catch {
      // then without suggestions
    }
  }
}
