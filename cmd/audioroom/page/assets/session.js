// One user's session in one room: the connection, what is known of the room, and
// a journal of everything that went over the wire. Views are told of changes and
// look at the session; they don't know each other.

import { fetchRoom } from "./api.js";
import { Client } from "./client.js";
import { emptyRoom, reduce } from "./room.js";
import { Rights } from "./rights.js";
import { meaningOf } from "./errors.js";

/** How much of the journal is kept. */
const maxJournal = 500;

/**
 * How often what is stored is read, in milliseconds: while something in it runs
 * out, while the user is away and hears nothing, and when it was overtaken.
 */
const storedInterval = 4_000;
const awayInterval = 1_000;
const staleInterval = 250;

/** What an ack tells of the room that no event does. */
const acknowledged = { "seat:take": "took", "seat:leave": "stood", "room:leave": "left" };

/**
 * @typedef {object} Line
 * @property {number} n
 * @property {number} at Unix milliseconds
 * @property {"sent" | "heard" | "answer" | "state"} kind
 * @property {string} event
 * @property {any} payload
 * @property {number} [took] milliseconds from the question to the answer
 */

export class Session {
  /** @param {Awaited<ReturnType<typeof import("./api.js").fetchConfig>>} config */
  constructor(config) {
    this.config = config;
    this.listeners = new Set();
    this.client = null;
    this.room = null;
    this.me = null;
    this.rights = new Rights("member", () => "member");
    /** @type {import("./client.js").ConnectionState} */
    this.connection = { name: "idle" };
    /** @type {Line[]} */
    this.journal = [];
    this.lines = 0;
    this.latency = null;
    this.version = 0; // of the room, to tell a stored state that is older
    this.storedTimer = null;
  }

  /**
   * Calls back with "room", "connection", "journal", and with "failed" or "heard"
   * and what it is about.
   * @param {(what: string, about?: any) => void} listener
   */
  subscribe(listener) {
    this.listeners.add(listener);
  }

  /**
   * Connects as somebody and joins a room.
   * @param {{roomId: string, me: {id: number, name: string}, rank: import("./rights.js").Rank, token: string,
   *   renew?: () => Promise<string>, seatCount?: number}} how renew makes another token when this one has run out
   */
  enter({ roomId, me, rank, token, renew, seatCount }) {
    this.client?.close();
    this.renew = renew;
    this.me = me;
    this.rank = rank;
    this.seatCount = seatCount;
    this.rights = new Rights(rank, (userId) => this.rankOf(userId));
    this.room = emptyRoom(roomId, me);
    this.client = new Client({
      url: location.origin.replace(/^http/, "ws") + "/socket.io/",
      token,
      onEvent: (event, payload) => this.#hear(event, payload),
      onState: (state) => this.#connectionIs(state),
    });
    this.client.connect();
    this.#tell("room");
  }

  /** The rank that the page takes a user for. */
  rankOf(userId) {
    if (userId === this.me?.id) return this.rank;
    if (this.room?.owner === userId) return "owner";
    return this.config.people?.find(({ id }) => id === userId)?.rank ?? "member";
  }

  /**
   * Sends an event, and returns its ack if it succeeded, else null after telling
   * what is wrong.
   * @param {string} event
   * @param {any} payload
   * @param {string} [doing] what for, in words
   */
  async act(event, payload, doing = event) {
    const sent = performance.now();
    this.#note("sent", event, payload);
    try {
      const answer = await this.client.emit(event, payload);
      this.latency = performance.now() - sent;
      this.#note("answer", event, answer, this.latency);
      if (answer?.error) {
        this.#tell("failed", { doing, ...meaningOf(answer, payload, this.room, Date.now()) });
        this.readStored(); // it may tell of a hold
        return null;
      }
      const change = acknowledged[event];
      if (change && payload.roomId === this.room.id) this.#change(change, payload);
      return answer;
    } catch (error) {
      this.#note("state", event, { failed: error.message });
      this.#tell("failed", { doing, text: error.message });
      return null;
    }
  }

  /** Joins the room, or joins it again. */
  async join() {
    const payload = { roomId: this.room.id, ...(this.seatCount ? { seatCount: this.seatCount } : {}) };
    const state = await this.act("room:join", payload, "Joining the room");
    if (!state) return;
    this.#change("joined", state);
    this.readStored();
  }

  /** Leaves the room and ends the connection. */
  async leave() {
    if (this.connection.name === "connected" && this.room.present) await this.act("room:leave", { roomId: this.room.id }, "Leaving");
    this.client.close();
    clearTimeout(this.storedTimer);
    this.room = null;
    this.#tell("room");
  }

  cut() {
    this.client.cut();
  }

  reconnect() {
    this.client.connect();
  }

  clearJournal() {
    this.journal = [];
    this.#tell("journal");
  }

  /** Reads what is stored of the room: who owns it, which seats are held, which are offered, and until when. */
  async readStored() {
    clearTimeout(this.storedTimer);
    const { room, version } = this;
    if (!room) return;
    try {
      const stored = await fetchRoom(room.id);
      if (this.room?.id !== room.id) return;
      if (version !== this.version) {
        // something happened meanwhile
        this.storedTimer = setTimeout(() => this.readStored(), staleInterval);
        return;
      }
      this.room = reduce(this.room, "stored", stored, this.#times());
      this.#tell("room");
    } catch {
      // Without it the times are estimates. /healthz says what is wrong.
    }
    clearTimeout(this.storedTimer);
    if (!this.room) return;
    if (!this.room.present) this.storedTimer = setTimeout(() => this.readStored(), awayInterval);
    else if (this.counting()) this.storedTimer = setTimeout(() => this.readStored(), storedInterval);
  }

  /** Whether anything in the room runs out. */
  counting() {
    return Object.keys(this.room.holds).length + Object.keys(this.room.invites).length > 0;
  }

  /** Forgets what has run out. */
  expire(now) {
    if (!Object.values(this.room.holds).some(({ until }) => until <= now)) return;
    const holds = Object.fromEntries(Object.entries(this.room.holds).filter(([, { until }]) => until > now));
    this.room = { ...this.room, holds };
    this.#tell("room");
  }

  /** Has the next attempt to connect use another token. */
  async #renew() {
    const { client, renew } = this;
    if (!renew) return;
    try {
      client.token = await renew();
    } catch {
      // then the next attempt is refused, and says why
    }
  }

  #times() {
    return { now: Date.now(), seatGrace: this.config.seatGrace, inviteTTL: this.config.inviteTTL };
  }

  #hear(event, payload) {
    this.#note("heard", event, payload);
    const before = this.room;
    this.#change(event, payload);
    this.#tell("heard", { event, payload, before });
    if (event === "auth:expired") this.#renew();
    if (["seat:cleared", "room:userLeft", "seat:invite:pending"].includes(event)) this.readStored();
  }

  #change(name, payload) {
    this.version++;
    this.room = reduce(this.room, name, payload, this.#times());
    this.#tell("room");
  }

  #connectionIs(state) {
    const was = this.connection.name;
    this.connection = state;
    if (state.name !== was) this.#note("state", state.name, state.reason ? { reason: state.reason } : {});
    if (was === "connected") {
      this.#change("lost", null);
      this.readStored();
    }
    this.#tell("connection");
    if (state.name === "connected") this.join();
  }

  #note(kind, event, payload, took) {
    /** @type {Line} */
    const line = { n: this.lines++, at: Date.now(), kind, event, payload };
    if (took !== undefined) line.took = Math.round(took);
    this.journal = [...this.journal, line].slice(-maxJournal);
    this.#tell("journal", line);
  }

  #tell(what, about) {
    for (const listener of this.listeners) listener(what, about);
  }
}
