// What a client knows of its room, made from what it hears: reduce is pure, and
// every state is a new object.

/**
 * @typedef {import("../client/events.js").User} User
 * @typedef {import("../client/events.js").RoomState} RoomState
 * @typedef {import("../client/events.js").ServerToClientEvents} Heard
 * @typedef {{now: number, seatGrace: number, inviteTTL: number}} Times in milliseconds
 * @typedef {{userId: number, isMuted: boolean}} Sitter
 * @typedef {{userId: number, isMuted: boolean, until: number}} Hold
 * @typedef {{userId: number, byId: number | null, until: number}} Invite
 * @typedef {object} Room
 * @property {string} id
 * @property {number} me the user's own id
 * @property {boolean} present whether this socket is in the room
 * @property {number} count of participants, the user too
 * @property {Record<number, Partial<User> & {id: number, name: string}>} users everyone heard of, also who has left
 * @property {number[]} participants their ids, by the time they joined
 * @property {(Sitter | null)[]} seats
 * @property {boolean[]} locked
 * @property {Record<number, Hold>} holds by seat; times as of this machine's clock
 * @property {Record<number, Invite>} invites by seat; times as of this machine's clock
 * @property {object[]} chat the last messages
 * @property {number} owner 0 if not known
 * @property {string | null} closed why the room is over
 */

/** How many chat messages are kept. */
const maxChat = 200;

/**
 * Within this many milliseconds the server notices that a connection has ended.
 * A seat that is still taken then is so by another window of the user.
 */
const noticed = 3_000;

/**
 * A room that nothing is known of.
 * @param {string} id
 * @param {{id: number, name: string}} me
 * @returns {Room}
 */
export function emptyRoom(id, me) {
  return {
    id,
    me: me.id,
    present: false,
    count: 0,
    users: { [me.id]: me },
    participants: [],
    seats: [],
    locked: [],
    holds: {},
    invites: {},
    chat: [],
    owner: 0,
    closed: null,
  };
}

/**
 * Takes in one thing that was heard or, the names without a colon, that became
 * known otherwise: joined and took, stood, left are acks; lost is the end of the
 * connection; stored is what the server says is stored of the room.
 * @param {Room} room
 * @param {string} name
 * @param {any} payload
 * @param {Times} times
 * @returns {Room}
 */
export function reduce(room, name, payload, times) {
  const change = Object.hasOwn(heard, name) ? heard[name] : Object.hasOwn(known, name) ? known[name] : null;
  return change ? change(room, payload, times) : room;
}

const known = {
  /**
   * @param {Room} room
   * @param {RoomState} state
   * @returns {Room}
   */
  joined(room, state) {
    const users = { ...room.users };
    for (const user of state.participants) users[user.id] = user;
    const seats = Array(state.seatCount).fill(null);
    for (const { seatIndex, userId, isMuted } of state.seats) seats[seatIndex] = { userId, isMuted };
    const locked = Array(state.seatCount).fill(false);
    for (const index of state.lockedSeats) locked[index] = true;
    return {
      ...room,
      users,
      seats,
      locked,
      present: true,
      closed: null,
      count: state.participantCount,
      participants: [...state.participants.map((user) => user.id), room.me],
      holds: {},
      invites: without(room.invites, (invite, index) => index >= state.seatCount),
    };
  },

  took: (room, { seatIndex }) => sit(room, seatIndex, room.me, room.seats.find((seat) => seat?.userId === room.me)?.isMuted ?? false),

  stood: (room) => vacate(room, (seat) => seat.userId === room.me),

  left: (room) => ({ ...emptyRoom(room.id, room.users[room.me]), chat: room.chat }),

  // The user's own seat is held from now on; of the others nothing is known.
  lost(room, _, { now, seatGrace }) {
    if (!room.present) return room;
    const index = seatOf(room, room.me);
    const holds = index < 0 || seatGrace === 0 ? room.holds : { ...room.holds, [index]: { ...room.seats[index], until: now + seatGrace } };
    const participants = room.participants.filter((id) => id !== room.me);
    return { ...vacate(room, (seat) => seat.userId === room.me), holds, participants, count: room.count - 1, present: false };
  },

  // Who is in the room hears of it, but for the times; who is not sees what is stored.
  stored(room, { now: serverNow, room: stored }, { now, seatGrace }) {
    if (!stored) return room;
    const local = (time) => time - serverNow + now;
    const holds = {},
      invites = {};
    let { seats, locked } = room;
    if (!room.present) {
      seats = Array(stored.seatCount).fill(null);
      locked = seats.map((_, index) => stored.lockedSeats.includes(index));
    }
    for (const { seatIndex, userId, isMuted, heldUntil } of stored.seats) {
      if (heldUntil) {
        if (local(heldUntil) > now && !seats[seatIndex] && !locked[seatIndex])
          holds[seatIndex] = { userId, isMuted, until: local(heldUntil) };
      } else if (!room.present && room.holds[seatIndex]?.userId === userId && room.holds[seatIndex].until - seatGrace + noticed > now) {
        holds[seatIndex] = room.holds[seatIndex]; // the server has not noticed yet
      } else if (!room.present) {
        seats[seatIndex] = { userId, isMuted };
      }
    }
    for (const { seatIndex, userId, invitedById, expiresAt } of stored.invites) {
      invites[seatIndex] = { userId, byId: invitedById, until: local(expiresAt) };
    }
    return { ...room, seats, locked, holds, invites, owner: stored.owner };
  },
};

/** @type {{[E in keyof Heard]?: (room: Room, payload: Parameters<Heard[E]>[0], times: Times) => Room}} */
const heard = {
  "room:userJoined"(room, { userId, user }) {
    const users = { ...room.users, [userId]: user };
    if (room.participants.includes(userId)) return { ...room, users };
    return { ...room, users, participants: [...room.participants, userId], count: room.count + 1 };
  },

  "room:userLeft"(room, { userId }) {
    return { ...room, participants: room.participants.filter((id) => id !== userId), count: Math.max(room.count - 1, 0) };
  },

  "room:closed"(room, { roomId, reason }) {
    if (roomId !== room.id) return room;
    return { ...emptyRoom(room.id, room.users[room.me]), chat: room.chat, closed: reason };
  },

  "seat:updated": (room, { seatIndex, userId, isMuted }) => sit(room, seatIndex, userId, isMuted),

  "seat:cleared": (room, { seatIndex }) => vacate(room, (_, index) => index === seatIndex),

  "seat:locked"(room, { seatIndex, isLocked }) {
    return { ...room, locked: put(room.locked, seatIndex, isLocked), holds: without(room.holds, (_, index) => index === seatIndex) };
  },

  "seat:userMuted"(room, { userId, isMuted }) {
    return { ...room, seats: room.seats.map((seat) => (seat?.userId === userId ? { userId, isMuted } : seat)) };
  },

  "seat:invite:pending"(room, invite, { now, inviteTTL }) {
    const invites = without(room.invites, (_, index) => index === invite.seatIndex);
    if (invite.isPending) invites[invite.seatIndex] = { userId: invite.invitedUserId, byId: null, until: now + inviteTTL };
    return { ...room, invites };
  },

  "seat:invite:received"(room, { seatIndex, invitedById }) {
    const invite = room.invites[seatIndex];
    return invite ? { ...room, invites: { ...room.invites, [seatIndex]: { ...invite, byId: invitedById } } } : room;
  },

  "chat:message": (room, message) => ({ ...room, chat: [...room.chat, message].slice(-maxChat) }),
};

/**
 * The seat that a user sits on, -1 if on none.
 * @param {Room} room
 * @param {number} userId
 */
export const seatOf = (room, userId) => room.seats.findIndex((seat) => seat?.userId === userId);

/**
 * What a user is called.
 * @param {Room} room
 * @param {number} userId
 */
export const nameOf = (room, userId) => room.users[userId]?.name ?? `User ${userId}`;

/** Seconds left until a time, as people count them. */
export const secondsLeft = (until, now) => Math.max(0, Math.ceil((until - now) / 1000));

function sit(room, index, userId, isMuted) {
  const left = vacate(room, (seat) => seat.userId === userId);
  return { ...left, seats: put(left.seats, index, { userId, isMuted }), holds: without(left.holds, (_, held) => held === index) };
}

function vacate(room, leaves) {
  return { ...room, seats: room.seats.map((seat, index) => (seat && leaves(seat, index) ? null : seat)) };
}

const put = (list, index, value) => list.map((old, i) => (i === index ? value : old));

const without = (record, goes) => Object.fromEntries(Object.entries(record).filter(([index, value]) => !goes(value, Number(index))));
