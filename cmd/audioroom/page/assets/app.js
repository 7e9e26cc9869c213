// Puts the page together: the views, and the session that they look at.

import { fetchConfig, fetchReference } from "./api.js";
import { Chat } from "./chat.js";
import { byID, say, set } from "./dom.js";
import { Door } from "./door.js";
import { learnMeanings } from "./errors.js";
import { Log, Sender } from "./log.js";
import { Notices } from "./notice.js";
import { Overview } from "./overview.js";
import { People } from "./people.js";
import { renderReference } from "./reference.js";
import { nameOf } from "./room.js";
import { Session } from "./session.js";
import { Stage } from "./stage.js";
import { announce, toast } from "./toast.js";
import { Wire } from "./wire.js";

/** How often what counts down is drawn, in milliseconds. */
const tick = 250;

async function start() {
  const [config, reference] = await Promise.all([fetchConfig(), fetchReference()]);
  learnMeanings(reference);
  const session = new Session(config);
  const door = new Door(session);
  new Sender(session, reference);
  const log = new Log(session);
  const wire = new Wire(session);
  const timed = [new Stage(session), new Notices(session)];
  const steady = [new People(session), new Chat(session)];
  const overview = new Overview();
  let inside = false;
  let explained = false;
  let due = new Set();

  const draw = () => {
    const now = Date.now();
    const what = due;
    due = new Set();
    if (what.has("journal")) log.render();
    if (inside !== Boolean(session.room)) {
      inside = Boolean(session.room);
      set(byID("door"), "hidden", inside);
      set(byID("room"), "hidden", !inside);
      if (inside) byID("main").focus({ preventScroll: true });
      else door.show();
    }
    wire.render(now);
    if (!inside) return;
    bar(session);
    for (const view of timed) view.render(now);
    for (const view of steady) view.render();
  };
  session.subscribe((what, about) => {
    if (what === "failed") toast({ title: about.doing, text: about.text, code: about.code });
    if (what === "heard") announce(saying(about, session.room));
    if (due.size === 0) queueMicrotask(draw);
    due.add(what);
  });
  setInterval(() => {
    const now = Date.now();
    wire.render(now);
    if (!inside || !session.counting()) return;
    session.expire(now);
    for (const view of timed) view.render(now);
  }, tick);

  const route = () => {
    const [view = "room", ...rest] = location.hash.slice(1).split("/");
    const known = ["room", "overview", "events"].includes(view) ? view : "room";
    for (const link of document.querySelectorAll("[data-view]")) {
      const here = /** @type {HTMLElement} */ (link).dataset.view === known;
      set(link, "aria-current", here ? "page" : null);
      set(byID(`view-${/** @type {HTMLElement} */ (link).dataset.view}`), "hidden", !here);
    }
    overview.show(known === "overview");
    if (known === "events" && !explained) renderReference(reference);
    explained ||= known === "events";
    if (rest.length > 0) byID(location.hash.slice(1))?.scrollIntoView();
  };
  addEventListener("hashchange", route);
  route();
  door.start();
}

/** The bar above the stage. */
function bar({ room, rank, connection }) {
  const live = room.present && connection.name === "connected";
  set(byID("live"), "data-live", live);
  say(byID("roombar-name"), room.id);
  say(byID("roombar-facts"), `${room.count} here · you are ${nameOf(room, room.me)}, ${rank}${room.present ? "" : ", and away"}`);
  document.title = `${room.id} · audioroom`;
}

/** What happened, for who can't see it. */
function saying({ event, payload, before }, room) {
  const who = (userId) => (userId === room.me ? "You" : nameOf(room, userId));
  switch (event) {
    case "room:userJoined":
      return `${who(payload.userId)} joined.`;
    case "room:userLeft":
      return `${who(payload.userId)} left.`;
    case "seat:updated":
      return `${who(payload.userId)} took seat ${payload.seatIndex}.`;
    case "seat:cleared":
      return `Seat ${payload.seatIndex} is free${before.seats[payload.seatIndex]?.userId === room.me ? ": you lost it" : ""}.`;
    case "seat:locked":
      return `Seat ${payload.seatIndex} is ${payload.isLocked ? "locked" : "unlocked"}.`;
    case "seat:userMuted":
      return `${who(payload.userId)} ${payload.userId === room.me ? "were" : "was"} ${payload.isMuted ? "muted" : "unmuted"}.`;
    case "seat:invite:received":
      return `You are invited to seat ${payload.seatIndex}.`;
    case "room:closed":
      return "The room is closed.";
  }
  return "";
}

start().catch((error) => toast({ title: "The page could not start", text: error.message }));
