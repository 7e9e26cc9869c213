// The menu of what may be done: one for the page, beside what it is about, with
// the keys that menus have. On a narrow page it is a sheet at the bottom.

import { byID, h, icon, replace } from "./dom.js";

const menu = byID("menu");
let opener = null;

/**
 * Opens the menu beside an element.
 * @param {HTMLElement} beside
 * @param {object} what
 * @param {string} what.title
 * @param {string} [what.note] stands below the title
 * @param {{label: string, icon: string, grave?: boolean, choices?: any[], href?: string}[]} what.items
 * @param {(item: any) => void} pick
 */
export function openMenu(beside, what, pick) {
  if (menu.matches(":popover-open")) menu.hidePopover();
  opener = beside;
  beside.setAttribute("aria-expanded", "true");
  show(what, pick, null);
  menu.showPopover();
  place();
  focusFirst();
}

export function closeMenu() {
  if (menu.matches(":popover-open")) menu.hidePopover();
}

/** @param {{title: string, note?: string, items: any[]}} what */
function show({ title, note, items }, pick, back) {
  menu.setAttribute("aria-label", title);
  const entries = items.map((item) =>
    entry(item, () => {
      if (item.choices) {
        show({ title: item.label, items: item.choices }, pick, () => show({ title, note, items }, pick, back));
        place();
        return focusFirst();
      }
      const { focus } = opener;
      closeMenu();
      focus.call(opener);
      pick(item);
    }),
  );
  if (back)
    entries.unshift(
      entry({ label: "Back", icon: "back" }, () => {
        back();
        place();
        focusFirst();
      }),
    );
  replace(
    menu,
    h("div", { class: "menutitle", role: "presentation" }, title),
    note && h("p", { class: "menunote", role: "presentation" }, note),
    entries,
  );
}

function entry(item, chosen) {
  const attributes = {
    class: item.grave ? "grave" : null,
    role: "menuitem",
    tabindex: "-1",
    "aria-haspopup": item.choices ? "menu" : null,
  };
  const content = [icon(item.icon), h("span", {}, item.label), item.choices && icon("next")];
  if (item.href) return h("a", { ...attributes, href: item.href, target: "_blank", rel: "noopener", click: closeMenu }, content);
  return h("button", { ...attributes, type: "button", click: chosen }, content);
}

const entries = () => Array.from(menu.querySelectorAll("[role=menuitem]"));

function focusFirst() {
  (entries()[0] ?? menu).focus();
}

function place() {
  const gap = 8;
  const at = opener.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = Math.min(Math.max(gap, at.left + at.width / 2 - width / 2), innerWidth - width - gap);
  const below = at.bottom + gap;
  const top = below + height > innerHeight - gap ? Math.max(gap, at.top - gap - height) : below;
  menu.style.setProperty("--left", `${left}px`);
  menu.style.setProperty("--top", `${top}px`);
}

menu.tabIndex = -1;
menu.addEventListener("keydown", (event) => {
  const all = entries();
  const at = all.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to !== undefined && all.length > 0) {
    event.preventDefault();
    all[(to + all.length) % all.length].focus();
  } else if (event.key === "Tab") {
    closeMenu();
  }
});
menu.addEventListener("toggle", (event) => {
  if (event.newState !== "closed" || !opener) return;
  opener.setAttribute("aria-expanded", "false");
  if (document.activeElement === document.body || menu.contains(document.activeElement)) opener.focus();
  opener = null;
});
addEventListener("resize", () => {
  if (menu.matches(":popover-open")) place();
});
