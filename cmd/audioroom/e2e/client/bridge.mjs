// Drives real socket.io-clients for the end-to-end tests: one JSON object a
// line comes in on stdin and is an order, one JSON object a line goes out on
// stdout and is something that a socket saw. Everything that one socket sees is
// numbered in the order in which it saw it, so that a test can tell what came
// first. The process ends with its stdin.
//
// Orders:  {do:"open", s, url, options, nsp}  {do:"emit", s, ack, event, args}
//          {do:"disconnect"|"cut"|"pause"|"send", s, text}
// Reports: {s, n, saw:"connect"|"event"|"ack"|"connect_error"|"disconnect"|
//           "reconnect_attempt"|"error", …}
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const sockets = new Map();

let pending = [];
function report(line) {
  if (pending.length === 0) setImmediate(flush);
  pending.push(JSON.stringify(line));
}
function flush() {
  process.stdout.write(pending.join("\n") + "\n");
  pending = [];
}

// revive turns {"$binary": "base64"} into a Buffer, at any depth.
function revive(value) {
  if (Array.isArray(value)) return value.map(revive);
  if (value === null || typeof value !== "object") return value;
  if (typeof value.$binary === "string") return Buffer.from(value.$binary, "base64");
  for (const key of Object.keys(value)) value[key] = revive(value[key]);
  return value;
}

class Driven {
  constructor({ s, url, nsp, options }) {
    this.seen = 0;
    this.id = s;
    this.socket = io(url + (nsp ?? "/"), {
      transports: ["websocket"],
      forceNew: true,
      reconnection: false,
      ...options,
    });
    this.socket
      .on("connect", () => this.saw("connect", { id: this.socket.id, recovered: this.socket.recovered }))
      .on("connect_error", (err) => this.saw("connect_error", { message: err.message, data: err.data, active: this.socket.active }))
      .on("disconnect", (reason) => this.saw("disconnect", { reason, active: this.socket.active }))
      .onAny((event, ...args) => this.saw("event", { event, args }));
    this.socket.io.on("reconnect_attempt", () => this.saw("reconnect_attempt", {}));
  }

  saw(saw, what) {
    report({ s: this.id, n: this.seen++, saw, ...what });
  }

  emit({ ack, event, args }) {
    args = revive(args ?? []);
    if (ack) args.push((...answer) => this.saw("ack", { ack, args: answer }));
    this.socket.emit(event, ...args);
  }

  disconnect() {
    this.socket.disconnect();
  }

  // cut ends the TCP connection without a word to the server.
  cut() {
    this.socket.io.engine?.transport?.ws?.terminate();
  }

  // pause stops reading, so that no ping is answered.
  pause() {
    this.socket.io.engine.transport.ws.pause();
  }

  // send writes one text frame past the client, for what it would never say.
  send({ text }) {
    this.socket.io.engine.transport.ws.send(text);
  }
}

createInterface({ input: process.stdin, crlfDelay: Infinity })
  .on("line", (line) => {
    const order = JSON.parse(line);
    try {
      if (order.do === "open") sockets.set(order.s, new Driven(order));
      else sockets.get(order.s)[order.do](order);
    } catch (err) {
      report({ s: order.s, n: -1, saw: "error", message: `${order.do}: ${err.stack}` });
    }
  })
  .on("close", () => process.exit(0));
