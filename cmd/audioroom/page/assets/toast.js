// What went wrong, in words, for a while.

import { byID, h, icon } from "./dom.js";

const shown = byID("toasts");
const lifetime = 9_000;
const most = 3;

/**
 * @param {{title: string, text: string, code?: string}} what
 */
export function toast({ title, text, code }) {
  const element = h(
    "div",
    { class: "toast" },
    h("div", {}, h("strong", {}, title), h("p", {}, text), code && code !== text && h("code", {}, code)),
    h("button", { class: "icon quiet", type: "button", "aria-label": "Dismiss", click: () => element.remove() }, icon("close")),
  );
  let timer;
  const stay = () => clearTimeout(timer);
  const go = () => {
    stay();
    timer = setTimeout(() => element.remove(), lifetime);
  };
  for (const [event, then] of Object.entries({ mouseenter: stay, mouseleave: go, focusin: stay, focusout: go }))
    element.addEventListener(event, then);
  shown.append(element);
  while (shown.children.length > most) shown.firstElementChild.remove();
  go();
}

/** Tells a screen reader, and nobody else. */
export function announce(text) {
  byID("announcer").textContent = text;
}
