import assert from "node:assert/strict";
import { test } from "node:test";

import { bearerOf } from "../assets/api.js";
import { learnMeanings, meaningOf } from "../assets/errors.js";
import { hueOf, initialsOf } from "../assets/person.js";

test("initials, whatever the script", () => {
  const want = {
    Olivia: "Ol",
    "Ada Lovelace": "AL",
    "  mia  van der berg ": "MB",
    "🎤 Zoë": "Zo",
    أحمد: "أح",
    "<img src=x>": "IS",
    "": "?",
    "!!!": "?",
    X: "X",
  };
  for (const [name, initials] of Object.entries(want)) assert.equal(initialsOf(name), initials, name);
});

test("neighbouring ids have different hues", () => {
  for (let id = 1; id < 200; id++) {
    const apart = Math.abs(hueOf(id) - hueOf(id + 1));
    assert.ok(Math.min(apart, 360 - apart) > 60, `${id}`);
  }
});

test("a token tells whose it is", () => {
  const token = (claims) => `h.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.s`;
  assert.deepEqual(bearerOf(token({ id: 7, name: "Zoë ✓" })), { id: 7, name: "Zoë ✓" });
  for (const bad of ["", "a.b", "x", token({ id: "7", name: "Ada" }), token({ id: 7 }), token(null)])
    assert.equal(bearerOf(bad), null, bad);
});

test("refusals in plain words", () => {
  learnMeanings({
    "x-common-errors": [{ text: "Not in room", meaning: "Join `it` first." }],
    "x-connect-errors": [],
    operations: { A: { "x-errors": [{ text: "Seat is locked", meaning: "The seat is locked." }] } },
  });
  const room = { me: 4, users: { 7: { name: "Ada" } }, holds: { 2: { userId: 7, until: 9_500 } } };
  const words = (answer, payload = {}) => meaningOf(answer, payload, room, 0).text;
  assert.equal(words({ error: "Not in room" }), "Join it first.");
  assert.equal(words({ error: "Seat is locked" }), "The seat is locked.");
  assert.equal(words({ error: "Something new" }), "Something new");
  assert.equal(words({ error: "Seat is already taken", occupant: { seatIndex: 1, userId: 7 } }), "Ada sits there.");
  assert.match(words({ error: "Seat is already taken", occupant: null }, { seatIndex: 2 }), /held for Ada.*10 s/);
  assert.match(words({ error: "Seat is already taken", occupant: null }, { seatIndex: 3 }), /held for somebody/);
  assert.match(words({ error: "room_blocked", permanent: false, remaining_seconds: 60 }), /60 s/);
});
