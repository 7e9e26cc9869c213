import assert from "node:assert/strict";
import { test } from "node:test";

import { emptyRoom, nameOf, reduce, seatOf, secondsLeft } from "../assets/room.js";

const times = { now: 1_000_000, seatGrace: 45_000, inviteTTL: 30_000 };
const me = { id: 4, name: "Max" };
const ada = { id: 7, name: "Ada" };
const bob = { id: 8, name: "Bob" };

/** The room after a join that found ada on seat 0, muted, and seat 3 locked, and what was heard since. */
function room(...heard) {
  const state = {
    roomId: "42",
    participants: [ada],
    seats: [{ seatIndex: 0, userId: 7, isMuted: true }],
    lockedSeats: [3],
    seatCount: 5,
    participantCount: 2,
  };
  return [["joined", state], ...heard].reduce(
    (before, [name, payload]) => {
      freeze(before);
      return reduce(before, name, payload, times);
    },
    emptyRoom("42", me),
  );
}

/** A reducer that alters what it is given throws. */
function freeze(value) {
  if (value === null || typeof value !== "object" || Object.isFrozen(value)) return;
  Object.freeze(value);
  Object.values(value).forEach(freeze);
}

test("a join tells all", () => {
  const r = room();
  assert.deepEqual(r.seats, [{ userId: 7, isMuted: true }, null, null, null, null]);
  assert.deepEqual(r.locked, [false, false, false, true, false]);
  assert.deepEqual(r.participants, [7, 4]);
  assert.deepEqual([r.count, r.present, nameOf(r, 7), nameOf(r, 99)], [2, true, "Ada", "User 99"]);
});

test("people come and go", () => {
  let r = room(["room:userJoined", { userId: 8, user: bob }]);
  assert.deepEqual([r.participants, r.count, nameOf(r, 8)], [[7, 4, 8], 3, "Bob"]);
  assert.equal(room(["room:userJoined", { userId: 7, user: ada }]).count, 2, "told twice, counted once");
  r = room(["room:userLeft", { userId: 7 }]);
  assert.deepEqual([r.participants, r.count, nameOf(r, 7)], [[4], 1, "Ada"], "who has left is still known");
});

test("the user's own seat is known by the acks", () => {
  let r = room(["took", { seatIndex: 1 }]);
  assert.equal(seatOf(r, 4), 1);
  r = room(["took", { seatIndex: 1 }], ["seat:userMuted", { userId: 4, isMuted: true }], ["took", { seatIndex: 2 }]);
  assert.deepEqual([r.seats[1], r.seats[2]], [null, { userId: 4, isMuted: true }], "a mute moves with its user");
  assert.equal(seatOf(room(["took", { seatIndex: 1 }], ["stood", {}]), 4), -1);
});

test("seats are taken, moved from, cleared, locked and muted", () => {
  assert.deepEqual(room(["seat:updated", { seatIndex: 2, userId: 7, isMuted: false }]).seats[0], null, "nobody sits twice");
  assert.equal(room(["seat:cleared", { seatIndex: 0 }]).seats[0], null);
  assert.deepEqual(room(["seat:locked", { seatIndex: 1, isLocked: true }]).locked[1], true);
  assert.deepEqual(room(["seat:locked", { seatIndex: 3, isLocked: false }]).locked[3], false);
  assert.deepEqual(room(["seat:userMuted", { userId: 7, isMuted: false }]).seats[0], { userId: 7, isMuted: false });
});

test("an invite stands until it is told to have ended", () => {
  const pending = ["seat:invite:pending", { seatIndex: 1, isPending: true, invitedUserId: 4 }];
  assert.deepEqual(room(pending).invites, { 1: { userId: 4, byId: null, until: 1_030_000 } });
  const received = ["seat:invite:received", { seatIndex: 1, invitedById: 7, targetUserId: 4, expiresAt: 5 }];
  assert.equal(room(pending, received).invites[1].byId, 7);
  assert.deepEqual(room(received).invites, {}, "of another room");
  assert.deepEqual(room(pending, ["seat:invite:pending", { seatIndex: 1, isPending: false }]).invites, {});
});

test("what is stored tells until when, as of this machine's clock", () => {
  const stored = {
    now: 500_000,
    room: {
      owner: 1,
      seatCount: 5,
      lockedSeats: [3],
      invites: [{ seatIndex: 1, userId: 4, invitedById: 7, expiresAt: 520_000 }],
      seats: [
        { seatIndex: 0, userId: 7, isMuted: true, heldUntil: 0 },
        { seatIndex: 2, userId: 8, isMuted: true, heldUntil: 540_000 },
        { seatIndex: 3, userId: 9, isMuted: false, heldUntil: 540_000 },
      ],
    },
  };
  const r = room(["stored", stored]);
  assert.deepEqual(r.holds, { 2: { userId: 8, isMuted: true, until: 1_040_000 } }, "a locked seat is not held, whatever was stored before");
  assert.deepEqual(r.invites, { 1: { userId: 4, byId: 7, until: 1_020_000 } });
  assert.equal(r.owner, 1);
  assert.deepEqual(room(["stored", stored], ["seat:updated", { seatIndex: 2, userId: 8, isMuted: true }]).holds, {});
  assert.deepEqual(room(["stored", stored], ["seat:locked", { seatIndex: 2, isLocked: true }]).holds, {});
  assert.deepEqual(room(["stored", { now: 500_000, room: null }]), room());
});

test("a lost connection leaves a held seat", () => {
  const lost = room(["took", { seatIndex: 1 }], ["lost", null]);
  assert.deepEqual(lost.holds, { 1: { userId: 4, isMuted: false, until: 1_045_000 } });
  assert.deepEqual([lost.present, lost.seats[1], lost.participants, lost.count], [false, null, [7], 1]);
  const stored = (seats) =>
    reduce(lost, "stored", { now: 0, room: { owner: 0, seatCount: 5, lockedSeats: [2], invites: [], seats } }, times);
  assert.deepEqual(stored([{ seatIndex: 1, userId: 4, isMuted: false, heldUntil: 0 }]).holds, lost.holds, "the server has not noticed yet");
  const later = reduce(
    lost,
    "stored",
    {
      now: 0,
      room: { owner: 0, seatCount: 5, lockedSeats: [], invites: [], seats: [{ seatIndex: 1, userId: 4, isMuted: false, heldUntil: 0 }] },
    },
    { ...times, now: times.now + 4_000 },
  );
  assert.deepEqual([later.holds, later.seats[1]], [{}, { userId: 4, isMuted: false }], "another window of the user sits there");
  const noticed = stored([
    { seatIndex: 1, userId: 4, isMuted: true, heldUntil: 40_000 },
    { seatIndex: 4, userId: 7, isMuted: false, heldUntil: 0 },
  ]);
  assert.deepEqual(noticed.holds, { 1: { userId: 4, isMuted: true, until: 1_040_000 } });
  assert.deepEqual(
    [noticed.seats[4], noticed.seats[0], noticed.locked],
    [{ userId: 7, isMuted: false }, null, [false, false, true, false, false]],
  );
  assert.equal(reduce(lost, "lost", null, times), lost);
  assert.deepEqual(reduce(room(["took", { seatIndex: 1 }]), "lost", null, { ...times, seatGrace: 0 }).holds, {});
});

test("a closed room is empty, and keeps what was said", () => {
  const said = ["chat:message", { id: "1", content: "hello" }];
  const closed = room(said, ["room:closed", { roomId: "42", reason: "auto_close" }]);
  assert.deepEqual([closed.closed, closed.present, closed.seats, closed.chat.length], ["auto_close", false, [], 1]);
  assert.equal(room(["room:closed", { roomId: "43", reason: "auto_close" }]).closed, null);
});

test("of the chat the last messages are kept", () => {
  const r = room(...Array.from({ length: 250 }, (_, i) => ["chat:message", { id: String(i) }]));
  assert.deepEqual([r.chat.length, r.chat[0].id], [200, "50"]);
});

test("what is unknown changes nothing", () => {
  const r = room();
  for (const name of ["balance.updated", "constructor", "__proto__", "toString"]) assert.deepEqual(reduce(r, name, {}, times), r);
});

test("seconds are counted as people do", () => {
  assert.deepEqual([secondsLeft(5_000, 0), secondsLeft(4_001, 0), secondsLeft(4_000, 0), secondsLeft(0, 1)], [5, 5, 4, 0]);
});
