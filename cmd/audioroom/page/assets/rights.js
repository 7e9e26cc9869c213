// What a user may do, so that the page offers that and nothing else. The server
// has the last word: it asks the backend.

import { nameOf, seatOf } from "./room.js";

/** @typedef {"owner" | "admin" | "member"} Rank */
/**
 * @typedef {object} Action
 * @property {string} label
 * @property {string} icon
 * @property {string} [event] what is sent
 * @property {any} [payload]
 * @property {boolean} [grave] whether it takes something from somebody
 * @property {Action[]} [choices] instead of event: one of these
 */

const order = { owner: 3, admin: 2, member: 1 };

export class Rights {
  /**
   * @param {Rank} own
   * @param {(userId: number) => Rank} rankOf
   */
  constructor(own, rankOf) {
    this.own = own;
    this.rankOf = rankOf;
    this.owns = own === "owner";
    this.manages = order[own] >= order.admin;
  }

  /** Whether the user may moderate this one. */
  over(room, userId) {
    return this.manages && (userId === room.me || order[this.own] > order[this.rankOf(userId)]);
  }

  /**
   * What may be done with a seat.
   * @param {import("./room.js").Room} room
   * @param {number} seatIndex
   * @returns {Action[]}
   */
  ofSeat(room, seatIndex) {
    const roomId = room.id;
    const sitter = room.seats[seatIndex];
    const locked = room.locked[seatIndex];
    const invite = room.invites[seatIndex];
    const actions = [];
    if (invite?.userId === room.me) actions.push(...answers(roomId, seatIndex));
    if (sitter?.userId === room.me) {
      actions.push({ label: "Leave this seat", icon: "stand", event: "seat:leave", payload: { roomId } });
    } else if (!sitter && !locked) {
      const moves = seatOf(room, room.me) >= 0;
      actions.push({ label: moves ? "Move here" : "Take this seat", icon: "sit", event: "seat:take", payload: { roomId, seatIndex } });
    }
    if (sitter && this.over(room, sitter.userId)) actions.push(...moderation(room, sitter));
    if (!sitter && !locked && this.owns) {
      const choices = room.participants
        .filter((userId) => userId !== room.me)
        .map((userId) => ({ label: nameOf(room, userId), icon: "person", event: "seat:assign", payload: { roomId, userId, seatIndex } }));
      if (choices.length > 0) actions.push({ label: "Seat somebody here", icon: "person", choices });
    }
    if (!sitter && !invite && this.manages) {
      const choices = room.participants
        .filter((userId) => userId !== room.me && seatOf(room, userId) < 0)
        .map((userId) => ({ label: nameOf(room, userId), icon: "mail", event: "seat:invite", payload: { roomId, userId, seatIndex } }));
      if (choices.length > 0) actions.push({ label: "Invite somebody", icon: "mail", choices });
    }
    if (locked && this.manages) {
      actions.push({ label: "Unlock this seat", icon: "unlock", event: "seat:unlock", payload: { roomId, seatIndex } });
    } else if (!locked && (sitter ? this.over(room, sitter.userId) : this.manages)) {
      actions.push({ label: "Lock this seat", icon: "lock", event: "seat:lock", payload: { roomId, seatIndex }, grave: Boolean(sitter) });
    }
    return actions;
  }

  /**
   * What may be done with a participant.
   * @param {import("./room.js").Room} room
   * @param {number} userId
   * @returns {Action[]}
   */
  ofUser(room, userId) {
    const roomId = room.id;
    const index = seatOf(room, userId);
    if (index >= 0) {
      const leave = { label: "Leave the seat", icon: "stand", event: "seat:leave", payload: { roomId } };
      return [...(userId === room.me ? [leave] : []), ...(this.over(room, userId) ? moderation(room, room.seats[index]) : [])];
    }
    if (userId === room.me) {
      const invited = Object.keys(room.invites).filter((seat) => room.invites[seat].userId === room.me);
      return invited.flatMap((seat) => answers(roomId, Number(seat)));
    }
    const free = room.seats.findIndex((seat, i) => !seat && !room.locked[i] && !room.holds[i] && !room.invites[i]);
    if (free < 0) return [];
    const payload = { roomId, userId, seatIndex: free };
    return [
      ...(this.manages ? [{ label: `Invite to seat ${free}`, icon: "mail", event: "seat:invite", payload }] : []),
      ...(this.owns ? [{ label: `Seat on seat ${free}`, icon: "person", event: "seat:assign", payload }] : []),
    ];
  }
}

const answers = (roomId, seatIndex) => [
  { label: "Accept the invite", icon: "check", event: "seat:invite:accept", payload: { roomId, seatIndex } },
  { label: "Decline the invite", icon: "close", event: "seat:invite:decline", payload: { roomId, seatIndex } },
];

function moderation(room, { userId, isMuted }) {
  const who = userId === room.me ? "yourself" : nameOf(room, userId);
  const payload = { roomId: room.id, userId };
  const actions = [
    isMuted
      ? { label: `Unmute ${who}`, icon: "mic", event: "seat:unmute", payload }
      : { label: `Mute ${who}`, icon: "mic-off", event: "seat:mute", payload },
  ];
  if (userId !== room.me) actions.push({ label: `Take the seat from ${who}`, icon: "remove", event: "seat:remove", payload, grave: true });
  return actions;
}
