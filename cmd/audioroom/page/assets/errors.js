// Refusals in plain words. The texts come with the reference of the events; a few
// can be told better from what is known of the room.

import { nameOf, secondsLeft } from "./room.js";

/** @type {Record<string, string>} */
let meanings = {};

/**
 * Learns the words from the AsyncAPI document.
 * @param {any} reference
 */
export function learnMeanings(reference) {
  const lists = [reference["x-common-errors"], reference["x-connect-errors"]];
  for (const operation of Object.values(reference.operations)) lists.push(operation["x-errors"] ?? []);
  meanings = Object.fromEntries(
    lists
      .flat()
      .map(({ text, meaning }) => [text, meaning.replaceAll("`", "")])
      .reverse(),
  );
}

/**
 * @param {any} answer an ack with an error
 * @param {any} payload of what was asked
 * @param {import("./room.js").Room | null} room
 * @param {number} now
 * @returns {{text: string, code: string}}
 */
export function meaningOf(answer, payload, room, now) {
  const code = String(answer.error);
  let text = meanings[code] ?? code;
  if (answer.occupant && room) text = `${nameOf(room, answer.occupant.userId)} sits there.`;
  if (answer.occupant === null) text = heldWords(room?.holds[payload.seatIndex], room, now);
  if (code === "room_blocked" && !answer.permanent) text = `You are blocked from this room for another ${answer.remaining_seconds} s.`;
  return { text: text.trim(), code };
}

/** @param {string} message of a CONNECT_ERROR */
export const refusalOf = (message) => meanings[message] ?? message;

function heldWords(hold, room, now) {
  if (!hold) return "The seat is held for somebody whose connection was lost. Try again in a while.";
  return `The seat is held for ${nameOf(room, hold.userId)}, whose connection was lost, for another ${secondsLeft(hold.until, now)} s.`;
}
