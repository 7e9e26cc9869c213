// Packets of Engine.IO 4 and Socket.IO 5 as text, the little of them that this
// page needs: the main namespace, events and acks, nothing binary.

/**
 * @typedef {{type: "connect", data: any}
 *   | {type: "disconnect"}
 *   | {type: "event", id: number | null, event: string, args: any[]}
 *   | {type: "ack", id: number, args: any[]}
 *   | {type: "connect_error", message: string}} Packet
 */

/** The Engine.IO types, by their digit. */
const engineTypes = ["open", "close", "ping", "pong", "message", "upgrade", "noop"];

/**
 * Splits a frame into its Engine.IO type and what follows.
 * @param {unknown} frame
 * @returns {{type: string, data: string}}
 */
export function decodeFrame(frame) {
  if (typeof frame !== "string") throw new Error("a binary frame");
  const type = engineTypes[frame.charCodeAt(0) - 48];
  if (!type) throw new Error("an unknown frame");
  return { type, data: frame.slice(1) };
}

/**
 * Reads a Socket.IO packet, which is what a frame of type message carries.
 * @param {string} text
 * @returns {Packet}
 */
export function decodePacket(text) {
  const parts = /^([0-6])(?:(\/[^,]*),)?(\d*)([^]*)$/.exec(text);
  if (!parts) throw new Error("an unknown packet");
  const [, type, namespace, digits, json] = parts;
  if (namespace !== undefined && namespace !== "/") throw new Error("a packet of another namespace");
  const data = json === "" ? undefined : JSON.parse(json);
  const id = digits === "" ? null : Number(digits);
  switch (type) {
    case "0":
      return { type: "connect", data };
    case "1":
      return { type: "disconnect" };
    case "2":
      if (!Array.isArray(data) || typeof data[0] !== "string") throw new Error("an event without a name");
      return { type: "event", id, event: data[0], args: data.slice(1) };
    case "3":
      if (id === null || !Array.isArray(data)) throw new Error("an ack without an id");
      return { type: "ack", id, args: data };
    case "4":
      return { type: "connect_error", message: String(data?.message ?? data ?? "refused") };
  }
  throw new Error("a binary packet");
}

/** @param {any} auth */
export const encodeConnect = (auth) => "40" + JSON.stringify(auth);

export const encodeDisconnect = () => "41";

export const encodePong = () => "3";

/**
 * @param {string} event
 * @param {any} payload
 * @param {number} id of the ack that is asked for
 */
export const encodeEvent = (event, payload, id) => "42" + id + JSON.stringify([event, payload]);
