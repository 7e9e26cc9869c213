// A Socket.IO client on the browser's own WebSocket: it connects, answers
// heartbeats, matches acks, and connects again when the connection is lost.

import { decodeFrame, decodePacket, encodeConnect, encodeDisconnect, encodeEvent, encodePong } from "./codec.js";

/**
 * How the connection is. "waiting" has retryAt, the time of the next attempt;
 * "refused" and "ended" have a reason and are final until connect is called, as
 * are "idle" and "cut".
 * @typedef {{name: "idle" | "connecting" | "connected" | "waiting" | "cut" | "refused" | "ended",
 *   retryAt?: number, attempt?: number, reason?: string}} ConnectionState
 */

/** Refusals that may be over a moment later. */
const passing = ["Authentication failed", "Too many connections", "Too many requests"];

/** What a connection attempt, an ack and the pause between attempts may take, in milliseconds. */
const connectTimeout = 20_000;
const ackTimeout = 10_000;
const firstPause = 500;
const longestPause = 5_000;

export class Client {
  /**
   * @param {object} options
   * @param {string} options.url the Socket.IO endpoint: ws://host/socket.io/
   * @param {string} options.token
   * @param {(event: string, payload: any) => void} options.onEvent
   * @param {(state: ConnectionState) => void} options.onState
   * @param {any} [options.WebSocket] stands in for the browser's
   */
  constructor({ url, token, onEvent, onState, WebSocket = globalThis.WebSocket }) {
    this.url = url;
    this.token = token;
    this.onEvent = onEvent;
    this.onState = onState;
    this.WebSocket = WebSocket;
    /** @type {ConnectionState} */
    this.state = { name: "idle" };
    this.socket = null;
    this.timer = null; // of the attempt, the heartbeat or the pause: there is one of them at a time
    this.silence = 0; // how long the server may be silent, in milliseconds
    this.attempts = 0;
    this.lastID = -1;
    /** @type {Map<number, {resolve: (answer: any) => void, reject: (why: Error) => void, timer: any}>} */
    this.asked = new Map();
  }

  /** Connects, or connects again at once. */
  connect() {
    this.#drop();
    this.#become({ name: "connecting", attempt: this.attempts });
    const socket = new this.WebSocket(this.url + "?EIO=4&transport=websocket");
    this.socket = socket;
    socket.onmessage = ({ data }) => {
      if (socket === this.socket) this.#receive(data);
    };
    socket.onclose = () => {
      if (socket === this.socket) this.#lost();
    };
    this.#after(connectTimeout, () => this.#lost());
  }

  /** Ends the connection politely. */
  close() {
    if (this.state.name === "connected") this.socket.send(encodeDisconnect());
    this.#drop();
    this.#become({ name: "idle" });
  }

  /** Ends the connection without a word of Socket.IO, as a tunnel does, and stays away. */
  cut() {
    this.#drop();
    this.#become({ name: "cut" });
  }

  /**
   * Sends an event and returns its ack.
   * @param {string} event
   * @param {any} payload
   * @returns {Promise<any>}
   */
  emit(event, payload) {
    if (this.state.name !== "connected") return Promise.reject(new Error("There is no connection."));
    const id = ++this.lastID;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.asked.delete(id);
        reject(new Error("The server did not answer within ten seconds."));
      }, ackTimeout);
      this.asked.set(id, { resolve, reject, timer });
      this.socket.send(encodeEvent(event, payload, id));
    });
  }

  #receive(data) {
    let packet;
    try {
      const frame = decodeFrame(data);
      if (frame.type === "open") {
        const { pingInterval, pingTimeout } = JSON.parse(frame.data);
        this.silence = pingInterval + pingTimeout;
        this.socket.send(encodeConnect({ token: this.token }));
        return;
      }
      if (frame.type === "close") return this.#lost();
      if (this.state.name === "connected") this.#after(this.silence, () => this.#lost());
      if (frame.type === "ping") return this.socket.send(encodePong());
      if (frame.type !== "message") return;
      packet = decodePacket(frame.data);
    } catch {
      return this.#lost(); // it is no Socket.IO server, or out of its mind
    }
    switch (packet.type) {
      case "connect":
        this.attempts = 0;
        this.#after(this.silence, () => this.#lost());
        return this.#become({ name: "connected" });
      case "connect_error":
        if (passing.includes(packet.message)) return this.#lost(packet.message);
        this.#drop();
        return this.#become({ name: "refused", reason: packet.message });
      case "disconnect":
        this.#drop();
        return this.#become({ name: "ended", reason: "The server has ended the connection." });
      case "event":
        return this.onEvent(packet.event, packet.args[0]);
      case "ack": {
        const asked = this.asked.get(packet.id);
        if (!asked) return;
        this.asked.delete(packet.id);
        clearTimeout(asked.timer);
        return asked.resolve(packet.args[0]);
      }
    }
  }

  /** Waits, longer each time, and tries again. */
  #lost(reason) {
    this.#drop();
    const pause = Math.min(longestPause, firstPause * 2 ** this.attempts) * (0.75 + Math.random() / 2);
    this.attempts++;
    this.#become({ name: "waiting", attempt: this.attempts, retryAt: Date.now() + pause, reason });
    this.#after(pause, () => this.connect());
  }

  /** Lets go of the connection and of what was asked over it. */
  #drop() {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    for (const { reject, timer } of this.asked.values()) {
      clearTimeout(timer);
      reject(new Error("The connection was lost before the answer came."));
    }
    this.asked.clear();
  }

  #after(ms, then) {
    clearTimeout(this.timer);
    this.timer = setTimeout(then, ms);
  }

  /** @param {ConnectionState} state */
  #become(state) {
    this.state = state;
    this.onState(state);
  }
}
