// The page where the server mints no tokens: on the admin listener.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { launch, leave, open, shut } from "./browser.mjs";

before(launch);
after(shut);
afterEach(leave);

test("an operator comes in with a token of the backend", async () => {
  const operator = await open("/");
  const { page } = operator;
  await page.locator("#door-token").waitFor();
  assert.equal(await page.locator("#door-who").isVisible(), false, "nobody is minted here");
  await page.fill("#door-room", process.env.PAGE_ROOM);
  await page.fill("#door-token", "no token");
  await page.getByRole("button", { name: "Join the room" }).click();
  await operator.told("That is no token");
  await page.fill("#door-token", process.env.PAGE_TOKEN);
  await page.selectOption("#door-rank", "owner");
  await page.getByRole("button", { name: "Join the room" }).click();
  await operator.isIn();
  assert.ok(!page.url().includes("token") && !page.url().includes("eyJ"), "the token stays out of the address");
  await operator.act(4, "Lock this seat");
  await operator.sees(4, "Locked");
});
