import assert from "node:assert/strict";
import { test } from "node:test";

import { Rights } from "../assets/rights.js";
import { emptyRoom, reduce } from "../assets/room.js";

const ranks = { 1: "owner", 2: "admin", 3: "admin" };
const rankOf = (id) => ranks[id] ?? "member";
const times = { now: 0, seatGrace: 45_000, inviteTTL: 30_000 };

/** A room with everybody in it; seats 0 to 3 are those of users 1 to 4, seat 5 is locked, seat 6 held for 9. */
function roomOf(me) {
  const everybody = [1, 2, 3, 4, 5].map((id) => ({ id, name: `N${id}` }));
  const state = {
    roomId: "42",
    participants: everybody.filter(({ id }) => id !== me),
    seatCount: 8,
    participantCount: 5,
    lockedSeats: [5],
    seats: [1, 2, 3, 4].map((userId, seatIndex) => ({ seatIndex, userId, isMuted: userId === 4 })),
  };
  const room = reduce(emptyRoom("42", { id: me, name: `N${me}` }), "joined", state, times);
  return { ...room, holds: { 6: { userId: 9, isMuted: false, until: 45_000 } } };
}

const offered = (me, seat, room = roomOf(me)) =>
  new Rights(rankOf(me), rankOf).ofSeat(room, seat).map(({ event, label }) => event ?? label);

test("a member takes seats and leaves them, and that is all", () => {
  assert.deepEqual(offered(5, 4), ["seat:take"]);
  assert.deepEqual(offered(5, 6), ["seat:take"], "the server says that it is held");
  assert.deepEqual(offered(4, 3), ["seat:leave"]);
  for (const seat of [0, 1, 3, 5]) assert.deepEqual(offered(5, seat), [], `seat ${seat}`);
});

test("an admin runs the stage, but for peers and the owner", () => {
  assert.deepEqual(offered(2, 3), ["seat:unmute", "seat:remove", "seat:lock"]);
  assert.deepEqual(offered(2, 4), ["seat:take", "Invite somebody", "seat:lock"]);
  assert.deepEqual(offered(2, 5), ["Invite somebody", "seat:unlock"]);
  assert.deepEqual(offered(2, 1), ["seat:leave", "seat:mute", "seat:lock"], "oneself");
  for (const seat of [0, 2]) assert.deepEqual(offered(2, seat), [], `seat ${seat}`);
});

test("the owner seats people in addition", () => {
  assert.deepEqual(offered(1, 4), ["seat:take", "Seat somebody here", "Invite somebody", "seat:lock"]);
  assert.deepEqual(offered(1, 1), ["seat:mute", "seat:remove", "seat:lock"]);
  const [assign] = new Rights("owner", rankOf).ofSeat(roomOf(1), 4).filter(({ choices }) => choices);
  assert.deepEqual(
    assign.choices.map(({ payload }) => payload.userId),
    [2, 3, 4, 5],
  );
});

test("only who is not seated is invited, and a seat is offered once", () => {
  const [invite] = new Rights("admin", rankOf).ofSeat(roomOf(2), 4).filter(({ choices }) => choices);
  assert.deepEqual(
    invite.choices.map(({ payload }) => payload),
    [{ roomId: "42", userId: 5, seatIndex: 4 }],
  );
  const pending = reduce(roomOf(2), "seat:invite:pending", { seatIndex: 4, isPending: true, invitedUserId: 5 }, times);
  assert.deepEqual(offered(2, 4, pending), ["seat:take", "seat:lock"]);
});

test("who is invited answers, on a locked seat too", () => {
  const pending = reduce(roomOf(5), "seat:invite:pending", { seatIndex: 5, isPending: true, invitedUserId: 5 }, times);
  assert.deepEqual(offered(5, 5, pending), ["seat:invite:accept", "seat:invite:decline"]);
  assert.deepEqual(
    new Rights("member", rankOf).ofUser(pending, 5).map(({ event }) => event),
    ["seat:invite:accept", "seat:invite:decline"],
  );
});

test("participants are offered the first free seat", () => {
  const labels = (me, user) =>
    new Rights(rankOf(me), rankOf).ofUser(roomOf(me), user).map(({ event, payload }) => [event, payload.seatIndex]);
  assert.deepEqual(labels(1, 5), [
    ["seat:invite", 4],
    ["seat:assign", 4],
  ]);
  assert.deepEqual(labels(2, 5), [["seat:invite", 4]]);
  assert.deepEqual(labels(5, 4), []);
  assert.deepEqual(
    new Rights("admin", rankOf).ofUser(roomOf(2), 4).map(({ event }) => event),
    ["seat:unmute", "seat:remove"],
  );
});
