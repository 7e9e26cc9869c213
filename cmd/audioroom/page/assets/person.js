// How people look: initials on a colour that their id gives them.

import { h, icon, replace, say, set } from "./dom.js";

/**
 * Two letters of a name, whatever the script: of its first and last word, or of
 * the only one.
 * @param {string} name
 */
export function initialsOf(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = words.map((word) => Array.from(word).filter((c) => /[\p{L}\p{N}]/u.test(c))).filter((word) => word.length > 0);
  if (letters.length === 0) return "?";
  if (letters.length === 1) return letters[0][0].toLocaleUpperCase() + (letters[0][1] ?? "");
  return (letters[0][0] + letters.at(-1)[0]).toLocaleUpperCase();
}

/**
 * A hue that tells neighbouring ids apart: steps of the golden angle.
 * @param {number} id
 */
export const hueOf = (id) => Math.round((id * 137.508 + 230) % 360);

/** An avatar, for paint to fill. */
export const avatar = () => h("span", { class: "avatar", "aria-hidden": "true" });

/**
 * Makes an avatar that of a user; null for nobody.
 * @param {any} element
 * @param {{id: number, name: string} | null} user
 */
export function paint(element, user) {
  set(element, "data-somebody", Boolean(user));
  if (!user) return;
  element.style.setProperty("--hue", String(hueOf(user.id)));
  say(element, initialsOf(user.name));
}

/**
 * A badge for those who run the stage.
 * @param {any} element
 * @param {string} rank
 */
export function badge(element, rank) {
  if (element.dataset.rank === rank) return;
  element.dataset.rank = rank;
  replace(element, rank === "member" ? null : icon(rank));
  set(element, "title", rank === "member" ? null : rank);
  set(element, "aria-hidden", "true");
}
