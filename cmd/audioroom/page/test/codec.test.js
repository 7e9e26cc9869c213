import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeFrame, decodePacket, encodeConnect, encodeEvent } from "../assets/codec.js";

test("a frame is split into its type and the rest", () => {
  assert.deepEqual(decodeFrame('0{"sid":"x"}'), { type: "open", data: '{"sid":"x"}' });
  assert.deepEqual(decodeFrame("2"), { type: "ping", data: "" });
  assert.deepEqual(decodeFrame('42["a"]'), { type: "message", data: '2["a"]' });
  for (const bad of ["", "9", "x", new ArrayBuffer(1), undefined]) assert.throws(() => decodeFrame(bad));
});

test("packets of the main namespace are read", () => {
  assert.deepEqual(decodePacket('0{"sid":"s"}'), { type: "connect", data: { sid: "s" } });
  assert.deepEqual(decodePacket("0"), { type: "connect", data: undefined });
  assert.deepEqual(decodePacket("1"), { type: "disconnect" });
  assert.deepEqual(decodePacket('2["seat:cleared",{"seatIndex":3}]'), {
    type: "event",
    id: null,
    event: "seat:cleared",
    args: [{ seatIndex: 3 }],
  });
  assert.deepEqual(decodePacket('2/,["a"]'), { type: "event", id: null, event: "a", args: [] });
  assert.deepEqual(decodePacket('212["a",1]'), { type: "event", id: 12, event: "a", args: [1] });
  assert.deepEqual(decodePacket('30[{"success":true}]'), { type: "ack", id: 0, args: [{ success: true }] });
  assert.deepEqual(decodePacket('4{"message":"Invalid credentials"}'), { type: "connect_error", message: "Invalid credentials" });
  assert.deepEqual(decodePacket('2["a","line\\nbreak \u2028"]').args, ["line\nbreak \u2028"]);
});

test("what is no packet of ours is refused", () => {
  for (const bad of [
    "",
    "7",
    '51-["a",{"_placeholder":true,"num":0}]',
    "6",
    "2",
    "2{}",
    "2[]",
    "2[1]",
    "2[",
    "3[1]",
    "30",
    "30{}",
    '2/other,["a"]',
  ]) {
    assert.throws(() => decodePacket(bad), bad);
  }
});

test("what is sent can be read back", () => {
  assert.equal(encodeConnect({ token: "t" }), '40{"token":"t"}');
  const { data } = decodeFrame(encodeEvent("chat:message", { content: '"],["x' }, 7));
  assert.deepEqual(decodePacket(data), { type: "event", id: 7, event: "chat:message", args: [{ content: '"],["x' }] });
});
