// People with browsers: what the tests of the page say and do.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const { PAGE_URL: url, PAGE_BROWSER: executablePath } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const desktop = { viewport: { width: 1280, height: 800 } };
export const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/** How long something may take to show, in milliseconds: the machine may be busy. */
const patience = 30_000;

let browser;
const people = new Set();

export async function launch() {
  browser = await chromium.launch({
    executablePath,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export const shut = () => browser.close();

/** Ends everybody's windows and says what went wrong in them. */
export async function leave() {
  const wrong = [];
  for (const { context, trouble } of people) {
    wrong.push(...trouble);
    await context.close();
  }
  people.clear();
  assert.deepEqual(wrong, [], "the pages had errors");
}

/** A window of its own, as on another machine. */
export async function open(path, options = {}) {
  const context = await browser.newContext({ reducedMotion: "reduce", ...desktop, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const trouble = [];
  page.on("pageerror", (error) => trouble.push(error.stack));
  page.on("console", (message) => message.type() === "error" && trouble.push(message.text()));
  page.on("dialog", (dialog) => {
    trouble.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  const person = new Person(page);
  people.add({ context, trouble });
  await options.before?.(page);
  await page.goto(url + path);
  return person;
}

/** Somebody who is in the room. */
export async function enter(room, who, options) {
  const query = new URLSearchParams({ room, ...(typeof who === "number" ? { as: who } : who) });
  const person = await open(`/?${query}`, options);
  await person.isIn();
  return person;
}

class Person {
  constructor(page) {
    this.page = page;
  }

  isIn() {
    return this.page.locator("#live[data-live]").waitFor({ state: "attached" });
  }

  seat(index) {
    return this.page.locator(`#seats > li:nth-child(${index + 1}) > button`);
  }

  /** Opens the menu of a seat and returns what it offers. */
  async offered(index) {
    await this.seat(index).click();
    await this.page.locator("#menu:popover-open").waitFor();
    return this.page.locator("#menu [role=menuitem]").allInnerTexts();
  }

  /** Chooses from the menu of a seat, and from the menu that this opens. */
  async act(index, ...items) {
    await this.offered(index);
    for (const item of items) await this.page.getByRole("menuitem", { name: item, exact: true }).click();
  }

  /** Waits until a seat is said to be so. */
  async sees(index, words) {
    const button = this.seat(index);
    await until(
      () => button.locator(".unseen").textContent(),
      (text) => text === `Seat ${index}: ${words}`,
      `seat ${index} is "${words}"`,
    );
  }

  async says(text) {
    await this.page.fill("#chat-text", text);
    await this.page.press("#chat-text", "Enter");
  }

  /** Waits until this was told to be wrong. */
  told(words) {
    return this.page.locator(".toast", { hasText: words }).waitFor();
  }

  /** What the accessibility scan finds that is serious, in a part of the page if one is given, but for what is left out. */
  async scan({ only, without } = {}) {
    await this.page.evaluate(axe);
    const { violations } = await this.page.evaluate(
      (parts) => globalThis.axe.run(parts, { resultTypes: ["violations"], preload: false }),
      { include: only ?? "body", exclude: without ?? [] },
    );
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(
        ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`,
      );
  }
}

/** Waits until what is read is as it should be. */
export async function until(read, holds, what) {
  const late = Date.now() + patience;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > late) assert.fail(`waited in vain: ${what}; it is ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
