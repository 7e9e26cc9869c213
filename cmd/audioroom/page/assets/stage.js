// The stage: the seats round a table, or in a grid where there is no room for
// one, each with its state at a glance.

import { byID, h, icon, keep, replace, say, set, svg } from "./dom.js";
import { openMenu } from "./menu.js";
import { avatar, badge, paint } from "./person.js";
import { nameOf, seatOf, secondsLeft } from "./room.js";
import { windowOf } from "./address.js";

/** Round a table there is room for so many, on a stage of such a size in pixels. */
const mostRound = 20;
const leastWidth = 620;
const leastHeight = 330;

/** The circumference of the ring that empties as time runs out. */
const ringLength = 2 * Math.PI * 30;

export class Stage {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    this.element = byID("stage");
    this.seats = byID("seats");
    this.center = byID("center");
    new ResizeObserver(() => this.arrange()).observe(this.element);
    this.seats.addEventListener("keydown", (event) => this.#move(event));
  }

  render(now) {
    const { room } = this.session;
    const count = this.seats.children.length;
    keep(
      this.seats,
      room.seats.map((_, index) => index),
      (index) => index,
      (index) => this.#make(index),
      (li, index) => this.#update(li, index, now),
    );
    this.#center();
    if (count !== room.seats.length) this.arrange();
  }

  /** Puts the seats in their places. */
  arrange() {
    const { width, height } = this.element.getBoundingClientRect();
    const count = this.seats.children.length;
    const round = count <= mostRound && width >= leastWidth && height >= leastHeight;
    set(this.element, "data-round", round);
    if (!round) return;
    places(count, width / 2 - 62, height / 2 - 62).forEach(({ x, y }, index) => {
      const { style } = this.seats.children[index];
      style.setProperty("--x", `${x.toFixed(1)}px`);
      style.setProperty("--y", `${y.toFixed(1)}px`);
    });
  }

  #make(index) {
    const ring = svg(
      "svg",
      { class: "ring", viewBox: "0 0 64 64", "aria-hidden": "true" },
      svg("circle", { cx: 32, cy: 32, r: 30, "stroke-dasharray": ringLength.toFixed(1) }),
    );
    const button = h(
      "button",
      { class: "seat", type: "button", "aria-haspopup": "menu", "aria-expanded": "false", click: () => this.open(index) },
      h(
        "span",
        { class: "disc", "aria-hidden": "true" },
        avatar(),
        ring,
        h("span", { class: "mark" }),
        h("span", { class: "rank", "data-rank": "member" }),
      ),
      h("span", { class: "label", dir: "auto", "aria-hidden": "true" }),
      h("span", { class: "sub", "aria-hidden": "true" }),
      h("span", { class: "unseen" }),
    );
    return h("li", {}, button);
  }

  #update(li, index, now) {
    const { session } = this;
    const seen = look(session.room, index, now);
    const button = li.firstElementChild;
    const disc = button.firstElementChild;
    const [face, ring, mark, rank] = disc.children;
    set(button, "data-state", seen.state);
    set(button, "data-muted", seen.muted);
    set(button, "data-mine", seen.mine);
    set(button, "data-invited", seen.invited);
    paint(face, seen.user);
    if (!seen.user && face.textContent !== String(index)) face.textContent = String(index);
    badge(rank, seen.user && seen.state === "taken" ? session.rankOf(seen.user.id) : "member");
    const glyph = seen.muted ? "mic-off" : seen.state === "locked" ? "lock" : "";
    if (mark.dataset.glyph !== glyph) {
      mark.dataset.glyph = glyph;
      replace(mark, glyph && icon(glyph));
    }
    const { seatGrace, inviteTTL } = session.config;
    const part = seen.until ? Math.min(1, (seen.until - now) / (seen.state === "held" ? seatGrace : inviteTTL)) : 0;
    set(ring.firstElementChild, "stroke-dashoffset", (ringLength * (1 - part)).toFixed(1));
    say(button.children[1], seen.label);
    say(button.children[2], seen.sub);
    say(button.children[3], seen.words);
  }

  /** Opens the menu of a seat. */
  open(index) {
    const { session } = this;
    const button = this.seats.children[index].firstElementChild;
    const seen = look(session.room, index, Date.now());
    const items = session.room.present ? session.rights.ofSeat(session.room, index) : [];
    const note = [seen.note === "Free." ? "" : seen.note, items.length > 0 ? "" : nothing(session, seen)].join(" ").trim();
    openMenu(button, { title: `Seat ${index}`, note, items }, (item) => session.act(item.event, item.payload, item.label));
  }

  /** The arrow keys go from seat to seat. */
  #move(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const at = Array.from(this.seats.children).findIndex((li) => li.firstElementChild === document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    const { length } = this.seats.children;
    this.seats.children[(at + step + length) % length].firstElementChild.focus();
  }

  /** Says in the middle how the user is here, and what next. */
  #center() {
    const { session } = this;
    const { room, rights } = session;
    const own = seatOf(room, room.me);
    const other = session.config.mints && room.present && room.count === 1 && session.config.people.find(({ id }) => id !== room.me);
    let text;
    if (!room.present) text = "You are away";
    else if (own >= 0) text = room.seats[own].isMuted ? `You sit on seat ${own}, muted` : `You sit on seat ${own}`;
    else text = rights.manages ? "Click a seat to take it, lock it or offer it" : "Click a free seat to sit down";
    const shown = [text, own, other?.id].join();
    if (this.center.dataset.shown === shown) return;
    this.center.dataset.shown = shown;
    replace(
      this.center,
      h("p", { class: "you" }, text),
      own >= 0 && h("button", { class: "quiet", type: "button", click: () => this.#leave(own) }, icon("stand"), "Leave the seat"),
      other &&
        h(
          "a",
          { class: "quiet", href: windowOf(room.id, other), target: "_blank", rel: "noopener" },
          icon("person"),
          `Open a second window as ${other.name}`,
        ),
    );
  }

  #leave(index) {
    this.seats.children[index].firstElementChild.focus();
    this.session.act("seat:leave", { roomId: this.session.room.id }, "Leaving the seat");
  }
}

/**
 * What a seat looks like, and what is said of it.
 * @param {import("./room.js").Room} room
 * @param {number} index
 * @param {number} now
 */
function look(room, index, now) {
  const sitter = room.seats[index];
  const hold = room.holds[index];
  const invite = room.invites[index];
  const mine = (sitter ?? hold)?.userId === room.me;
  const name = (userId) => (userId === room.me ? "you" : nameOf(room, userId));
  const seen = { mine, state: "free", label: "Free", muted: false, user: null, until: 0, invited: false, sub: "", note: "" };
  if (sitter) {
    Object.assign(seen, {
      state: "taken",
      user: userOf(room, sitter.userId),
      muted: sitter.isMuted,
      label: mine ? "You" : nameOf(room, sitter.userId),
    });
    seen.note = `${capital(name(sitter.userId))} ${mine ? "sit" : "sits"} here${sitter.isMuted ? ", muted" : ""}.`;
  } else if (hold) {
    const left = secondsLeft(hold.until, now);
    Object.assign(seen, {
      state: "held",
      user: userOf(room, hold.userId),
      until: hold.until,
      muted: hold.isMuted,
      label: mine ? "You" : nameOf(room, hold.userId),
      sub: `held ${left} s`,
    });
    seen.note = `Held for ${name(hold.userId)}, whose connection was lost, for ${left} s.`;
  } else if (room.locked[index]) {
    Object.assign(seen, { state: "locked", label: "Locked" });
    seen.note = "Locked.";
  } else {
    seen.note = "Free.";
  }
  if (invite && !sitter) {
    const left = secondsLeft(invite.until, now);
    Object.assign(seen, {
      invited: true,
      label: invite.userId === room.me ? "For you" : nameOf(room, invite.userId),
      sub: `invited ${left} s`,
    });
    if (!hold) seen.until = invite.until;
    seen.note += ` ${capital(name(invite.userId))} ${invite.userId === room.me ? "are" : "is"} invited, for ${left} s.`;
  }
  // Without the seconds: a label that changes each second is read out each second.
  const words = seen.note.replace(/, for \d+ s|: \d+ s/g, "").replace(/\.$/, "");
  return { ...seen, words: `Seat ${index}: ${words}` };
}

const userOf = (room, userId) => room.users[userId] ?? { id: userId, name: nameOf(room, userId) };

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Why nothing is offered. */
function nothing({ room, rights }, { state }) {
  if (!room.present) return "You are not in the room.";
  if (state === "locked") return "Only the owner and admins can unlock it.";
  return rights.manages ? "They are of your rank or above it: nothing to be done." : "There is nothing that you may do here.";
}

/** So many places on an ellipse, each as far along it from the next. */
function places(count, a, b) {
  const steps = 720;
  const points = Array.from({ length: steps + 1 }, (_, i) => {
    const angle = (i / steps) * 2 * Math.PI - Math.PI / 2;
    return { x: a * Math.cos(angle), y: b * Math.sin(angle) };
  });
  const far = [0];
  for (let i = 1; i <= steps; i++) far.push(far[i - 1] + Math.hypot(points[i].x - points[i - 1].x, points[i].y - points[i - 1].y));
  return Array.from({ length: count }, (_, seat) => {
    const goal = (seat / count) * far[steps];
    return points[far.findIndex((distance) => distance >= goal)];
  });
}
