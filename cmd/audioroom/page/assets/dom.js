// Small helpers for the document. Everything that people wrote becomes text
// nodes: there is no way through here for HTML.

const svgNamespace = "http://www.w3.org/2000/svg";

/** @param {string} id */
export const byID = (id) => /** @type {any} */ (document.getElementById(id));

/**
 * Makes an element. Attributes that are false, null or undefined are left out;
 * functions listen; of what children there are, strings and numbers become text
 * and the empty ones nothing.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...any} children
 * @returns {any}
 */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/**
 * The same for SVG.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...any} children
 * @returns {any}
 */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(svgNamespace, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  append(element, children);
  return element;
}

/** Sets an attribute, or takes it away. */
export function set(element, name, value) {
  if (typeof value === "function") element.addEventListener(name, value);
  else if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else {
    const text = value === true ? "" : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Replaces what is in an element. */
export function replace(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/** Sets the text of an element, if it is another one. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * A picture of icons.svg, which says nothing to a screen reader.
 * @param {string} name
 */
export const icon = (name) =>
  svg("svg", { class: "glyph", viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("use", { href: `/page/icons.svg#${name}` }));

/**
 * Keeps a list of elements in step with a list of things: one element for each
 * key, made once, then updated. What has the focus keeps it.
 * @param {Element} parent
 * @param {any[]} things
 * @param {(thing: any) => string | number} keyOf
 * @param {(thing: any) => any} make
 * @param {(element: any, thing: any) => void} [update]
 */
export function keep(parent, things, keyOf, make, update) {
  const old = new Map(Array.from(parent.children, (child) => [/** @type {any} */ (child).dataset.key, child]));
  /** @type {any} */
  let at = parent.firstElementChild;
  for (const thing of things) {
    const key = String(keyOf(thing));
    /** @type {any} */
    let element = old.get(key);
    if (element) old.delete(key);
    else {
      element = make(thing);
      element.dataset.key = key;
    }
    update?.(element, thing);
    if (element === at) at = at.nextElementSibling;
    else parent.insertBefore(element, at);
  }
  for (const gone of old.values()) gone.remove();
}
