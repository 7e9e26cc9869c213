import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { Client } from "../assets/client.js";

/** A WebSocket that a test speaks for. */
class FakeSocket {
  static all = [];
  constructor(url) {
    this.url = url;
    this.sent = [];
    this.closed = false;
    FakeSocket.all.push(this);
  }
  static get last() {
    return FakeSocket.all.at(-1);
  }
  send(text) {
    this.sent.push(text);
  }
  close() {
    this.closed = true;
  }
  says(...frames) {
    for (const data of frames) this.onmessage({ data });
  }
  breaks() {
    this.onclose({});
  }
  opens() {
    this.says('0{"sid":"x","pingInterval":25000,"pingTimeout":60000}', '40{"sid":"y"}');
  }
}

/** Timers that a test lets run. */
class Clock {
  now = 0;
  timers = [];
  set = (then, ms) => {
    const timer = { then, at: this.now + ms };
    this.timers.push(timer);
    return timer;
  };
  clear = (timer) => {
    this.timers = this.timers.filter((other) => other !== timer);
  };
  tick(ms) {
    const end = this.now + ms;
    for (;;) {
      const [next] = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.clear(next);
      this.now = next.at;
      next.then();
    }
    this.now = end;
  }
}

const real = { setTimeout, clearTimeout };
let heard, states, client, clock;

beforeEach(() => {
  clock = new Clock();
  Object.assign(globalThis, { setTimeout: clock.set, clearTimeout: clock.clear });
  FakeSocket.all = [];
  heard = [];
  states = [];
  client = new Client({
    url: "ws://host/socket.io/",
    token: "secret",
    WebSocket: FakeSocket,
    onEvent: (event, payload) => heard.push([event, payload]),
    onState: (state) => states.push(state.name),
  });
});

afterEach(() => Object.assign(globalThis, real));

const connect = () => {
  client.connect();
  FakeSocket.last.opens();
};

test("connects, with the token in the CONNECT packet and not in the address", () => {
  connect();
  assert.equal(FakeSocket.last.url, "ws://host/socket.io/?EIO=4&transport=websocket");
  assert.deepEqual(FakeSocket.last.sent, ['40{"token":"secret"}']);
  assert.deepEqual(states, ["connecting", "connected"]);
});

test("answers heartbeats and hears events", () => {
  connect();
  FakeSocket.last.says("2", '42["seat:cleared",{"seatIndex":3}]');
  assert.equal(FakeSocket.last.sent.at(-1), "3");
  assert.deepEqual(heard, [["seat:cleared", { seatIndex: 3 }]]);
});

test("matches each ack with its question", async () => {
  connect();
  const [first, second] = [client.emit("a", {}), client.emit("b", {})];
  assert.deepEqual(FakeSocket.last.sent.slice(1), ['420["a",{}]', '421["b",{}]']);
  FakeSocket.last.says('431[{"of":"b"}]', '430[{"of":"a"}]', '437[{"of":"nobody"}]');
  assert.deepEqual(await Promise.all([first, second]), [{ of: "a" }, { of: "b" }]);
});

test("an ack that doesn't come is given up", async () => {
  connect();
  const asked = client.emit("a", {});
  clock.tick(10_000);
  await assert.rejects(asked, /did not answer/);
  FakeSocket.last.says('430[{"late":true}]'); // nobody waits for it any more
});

test("without a connection nothing is sent, and nothing kept for later", async () => {
  await assert.rejects(client.emit("a", {}), /no connection/);
  connect();
  assert.equal(FakeSocket.last.sent.length, 1);
});

test("connects again when the connection is lost, waiting longer each time", async () => {
  connect();
  const asked = client.emit("a", {});
  FakeSocket.last.breaks();
  await assert.rejects(asked, /lost/);
  assert.equal(client.state.name, "waiting");
  const pauses = [];
  for (let i = 0; i < 6; i++) {
    pauses.push(clock.timers[0].at - clock.now);
    clock.tick(7_000);
    assert.equal(client.state.name, "connecting");
    FakeSocket.last.breaks();
  }
  assert.ok(pauses[0] <= 625 && pauses[0] >= 375, `the first pause is ${pauses[0]}`);
  assert.ok(pauses[5] <= 6_250 && pauses[5] >= 3_750, `the last pause is ${pauses[5]}`);
  assert.ok(Math.abs(client.state.retryAt - Date.now() - (clock.timers[0].at - clock.now)) < 1_000, "what is told is what is done");
  clock.tick(7_000);
  FakeSocket.last.opens();
  FakeSocket.last.breaks();
  assert.equal(client.state.attempt, 1, "a success starts anew");
});

test("a server that falls silent has gone", () => {
  connect();
  clock.tick(84_000);
  FakeSocket.last.says("2");
  clock.tick(84_000);
  assert.equal(client.state.name, "connected");
  clock.tick(1_100);
  assert.equal(client.state.name, "waiting");
});

test("an attempt that gets no answer is given up", () => {
  client.connect();
  clock.tick(20_000);
  assert.equal(client.state.name, "waiting");
  assert.ok(FakeSocket.last.closed);
});

test("a refusal is final, unless it passes", () => {
  client.connect();
  FakeSocket.last.says('0{"sid":"x","pingInterval":1,"pingTimeout":1}', '44{"message":"Invalid credentials"}');
  assert.deepEqual(client.state, { name: "refused", reason: "Invalid credentials" });
  clock.tick(100_000);
  assert.equal(FakeSocket.all.length, 1);

  client.connect();
  FakeSocket.last.says('0{"sid":"x","pingInterval":1,"pingTimeout":1}', '44{"message":"Authentication failed"}');
  assert.equal(client.state.name, "waiting");
  assert.equal(client.state.reason, "Authentication failed");
});

test("a disconnect by the server is final", () => {
  connect();
  FakeSocket.last.says("41");
  assert.equal(client.state.name, "ended");
  clock.tick(100_000);
  assert.equal(FakeSocket.all.length, 1);
});

test("a cut says nothing and stays away until told", () => {
  connect();
  const [socket] = FakeSocket.all;
  client.cut();
  assert.equal(client.state.name, "cut");
  assert.ok(socket.closed);
  assert.equal(socket.sent.at(-1), '40{"token":"secret"}');
  socket.breaks(); // the end that follows is no news
  clock.tick(100_000);
  assert.equal(client.state.name, "cut");
  connect();
  assert.equal(client.state.name, "connected");
});

test("a polite end says goodbye", () => {
  connect();
  client.close();
  assert.equal(FakeSocket.last.sent.at(-1), "41");
  assert.equal(client.state.name, "idle");
});

test("garbage ends the connection", () => {
  for (const garbage of ["9", "42[", "451-[]", new ArrayBuffer(1)]) {
    connect();
    FakeSocket.last.says(garbage);
    assert.equal(client.state.name, "waiting");
  }
});

test("what an old connection still says is not heard", () => {
  connect();
  const [old] = FakeSocket.all;
  connect();
  old.says('42["seat:cleared",{}]');
  old.breaks();
  assert.deepEqual(heard, []);
  assert.equal(client.state.name, "connected");
});
