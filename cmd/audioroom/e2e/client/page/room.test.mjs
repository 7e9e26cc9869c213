// The room page, in browsers. Users 1 (Olivia, owner), 2 and 3 (Adam, Aisha,
// admins), 4 and 5 (Max, Mia, members) are those of the stand-in backend.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { enter, launch, leave, open, phone, shut, until } from "./browser.mjs";

before(launch);
after(shut);
afterEach(leave);

test("a newcomer comes in and sits down by keyboard alone", async () => {
  const { page } = await open("/");
  await page.locator("#door-room").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate("document.activeElement.textContent"), "Skip to the content");
  await page.focus("#door-room");
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type("keys");
  await page.keyboard.press("Tab");
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowDown"); // Olivia, Adam, Aisha, Max
  await page.keyboard.press("Enter");
  await page.locator("#live[data-live]").waitFor({ state: "attached" });
  assert.match(await page.innerText("#roombar-facts"), /you are Max, member/);
  assert.match(page.url(), /room=keys&as=4/);

  const focused = () =>
    page.evaluate("(document.activeElement.querySelector(':scope.seat > .unseen') ?? document.activeElement).textContent.trim()");
  for (let i = 0; i < 12 && !(await focused()).startsWith("Seat 0"); i++) await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.equal(await focused(), "Seat 2: Free");
  await page.keyboard.press("Enter");
  assert.equal(await focused(), "Take this seat");
  await page.keyboard.press("Escape");
  assert.equal(await focused(), "Seat 2: Free", "the menu gives the focus back");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await until(focused, (label) => label === "Seat 2: You sit here", "seated, and the focus still there");
});

test("two windows see everything move", async () => {
  const olivia = await enter("stage", 1);
  const max = await enter("stage", 4);
  const both = async (index, hers, his = hers) => {
    await olivia.sees(index, hers);
    await max.sees(index, his);
  };

  await olivia.act(0, "Take this seat");
  await both(0, "You sit here", "Olivia sits here");
  await max.act(1, "Take this seat");
  await both(1, "Max sits here", "You sit here");
  await max.act(2, "Move here");
  await both(1, "Free");
  await both(2, "Max sits here", "You sit here");

  await olivia.act(2, "Mute Max");
  await both(2, "Max sits here, muted", "You sit here, muted");
  await olivia.act(2, "Unmute Max");
  await both(2, "Max sits here", "You sit here");
  await olivia.act(2, "Take the seat from Max");
  await both(2, "Free");

  await olivia.act(3, "Seat somebody here", "Max");
  await both(3, "Max sits here", "You sit here");
  await olivia.act(3, "Lock this seat"); // with him on it
  await both(3, "Locked");
  await olivia.act(3, "Unlock this seat");
  await both(3, "Free");

  await olivia.act(4, "Lock this seat");
  await both(4, "Locked");
  await olivia.act(4, "Invite somebody", "Max");
  await both(4, "Locked. Max is invited", "Locked. You are invited");
  assert.match(await max.page.innerText("#notices"), /Olivia offers you seat 4\.\s+(30|2\d) s/);
  await max.page.getByRole("button", { name: "Accept" }).click();
  await both(4, "Max sits here", "You sit here");
  await max.page.getByRole("button", { name: "Leave the seat" }).click();
  await both(4, "Free");

  await olivia.page.getByRole("button", { name: /^Max\b/ }).click();
  await olivia.page.getByRole("menuitem", { name: "Invite to seat 1" }).click();
  await both(1, "Free. Max is invited", "Free. You are invited");
  await max.act(1, "Decline the invite");
  await both(1, "Free");

  await max.says("Can you hear me?");
  await olivia.page.locator("#chat", { hasText: "Can you hear me?" }).waitFor();
  await olivia.says("Loud and clear.");
  await max.page.locator("#chat", { hasText: "Loud and clear." }).waitFor();

  await max.page.getByRole("button", { name: "Leave", exact: true }).click();
  await max.page.locator("#door-form").waitFor();
  await until(
    () => olivia.page.innerText("#people-title"),
    (text) => text === "In the room · 1",
    "Max has left",
  );
});

test("only what the rank allows is offered", async () => {
  const [olivia, adam, max] = [await enter("ranks", 1), await enter("ranks", 2), await enter("ranks", 4)];
  await olivia.act(0, "Take this seat");
  await max.act(1, "Take this seat");
  await olivia.sees(1, "Max sits here");
  await adam.sees(1, "Max sits here");
  const close = (person) => person.page.keyboard.press("Escape");
  assert.deepEqual(await max.offered(0), []);
  assert.match(await max.page.innerText("#menu"), /nothing that you may do here/);
  await close(max);
  assert.deepEqual(await max.offered(2), ["Move here"]);
  await close(max);
  assert.deepEqual(await adam.offered(0), []);
  assert.match(await adam.page.innerText("#menu"), /of your rank or above/);
  await close(adam);
  assert.deepEqual(await adam.offered(1), ["Mute Max", "Take the seat from Max", "Lock this seat"]);
  await close(adam);
  assert.deepEqual(await adam.offered(2), ["Take this seat", "Lock this seat"], "nobody is left to invite but Adam himself");
  await close(adam);
  assert.deepEqual(await olivia.offered(2), ["Move here", "Seat somebody here", "Invite somebody", "Lock this seat"]);
  await close(olivia);
});

test("a cut connection leaves a held seat, which is given back as it was", async () => {
  const [olivia, max, mia] = [await enter("held", 1), await enter("held", 4), await enter("held", 5)];
  await mia.act(7, "Take this seat");
  await olivia.sees(7, "Mia sits here");
  await olivia.act(7, "Mute Mia");
  await mia.sees(7, "You sit here, muted");
  await mia.page.getByRole("button", { name: "Cut the connection" }).click();
  await olivia.sees(7, "Held for Mia, whose connection was lost");
  await mia.sees(7, "Held for you, whose connection was lost");
  assert.equal(await mia.page.innerText("#wire-state"), "Cut");
  assert.match(await mia.page.innerText("#notices"), /Seat 7 is held for you\.\s+\d+ s/);
  await until(
    () => olivia.seat(7).innerText(),
    (text) => /held (4\d|3\d) s/.test(text),
    "the seconds run",
  );
  await until(
    () => olivia.page.innerText("#people-title"),
    (text) => text === "In the room · 2",
    "Mia has left",
  );

  await max.sees(7, "Held for Mia, whose connection was lost");
  await max.act(7, "Take this seat");
  await max.told(/held for Mia, whose connection was lost, for another \d+ s/);
  await max.told("Seat is already taken");

  await mia.page.locator("#notices").getByRole("button", { name: "Reconnect" }).click();
  await mia.sees(7, "You sit here, muted");
  await olivia.sees(7, "Mia sits here, muted");
});

test("a connection that breaks comes back by itself, and the seat with it", async () => {
  let wires = [];
  const before = (page) => page.routeWebSocket(/socket\.io/, (socket) => wires.push([socket, socket.connectToServer()]));
  const max = await enter("breaks", 4, { before });
  await max.act(2, "Take this seat");
  await max.sees(2, "You sit here");
  const [broken] = wires;
  wires = [];
  for (const end of broken) await end.close();
  await until(
    () => wires.length,
    (n) => n > 0,
    "another connection",
  );
  await max.isIn();
  await max.sees(2, "You sit here");
  await max.page.fill("#log-filter", "waiting");
  assert.equal(await max.page.locator("#log-lines li").count(), 1, "the log tells of it");
});

test("what people write is never taken for HTML", async () => {
  const evil = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
  const name = `<b onclick=alert(3)>Eve</b>`;
  const eve = await enter("hostile", { as: 666, name });
  const olivia = await enter("hostile", 1);
  await eve.act(0, "Take this seat");
  await eve.says(evil);
  await olivia.sees(0, `${name} sits here`);
  await olivia.page.locator("#chat .content", { hasText: evil }).waitFor();
  assert.equal(await olivia.page.innerText("#chat .by strong"), name);
  await olivia.page.locator("#log-lines summary", { hasText: "chat:message" }).first().click();
  await olivia.page.locator("#log-lines pre", { hasText: "onerror" }).waitFor();
  await olivia.offered(0);
  await olivia.page.getByRole("menuitem", { name: `Mute ${name}` }).click();
  await olivia.sees(0, `${name} sits here, muted`);
  for (const { page } of [eve, olivia]) {
    assert.equal(await page.locator("img, main b[onclick], main script, [onerror]").count(), 0);
  }
});

test("the log is filtered and copied, and events are sent from it", async () => {
  const { page } = await enter("log", 4, { permissions: ["clipboard-read", "clipboard-write"] });
  await page.getByRole("button", { name: "Send an event" }).click();
  await page.selectOption("#send-event", "seat:take");
  assert.deepEqual(JSON.parse(await page.inputValue("#send-payload")), { roomId: "log", seatIndex: 3 });
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByRole("button", { name: "Seat 3: You sit here" }).waitFor();
  await page.fill("#send-payload", '{"roomId":"log","seatIndex":"three"}');
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.locator(".toast", { hasText: "A field is missing, has another type or is out of range." }).waitFor();
  await page.fill("#send-payload", "{");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  assert.match(await page.evaluate("document.getElementById('send-payload').validationMessage"), /no JSON/);

  await page.fill("#log-filter", "seat:take INVALID");
  await until(
    () => page.locator("#log-lines li").count(),
    (n) => n === 1,
    "one line is left",
  );
  await page.getByRole("button", { name: "Copy JSON" }).click();
  const [copied] = JSON.parse(await page.evaluate("navigator.clipboard.readText()"));
  assert.deepEqual([copied.kind, copied.event, copied.payload], ["answer", "seat:take", { success: false, error: "INVALID_PAYLOAD" }]);
  await page.fill("#log-filter", "");
  const all = await page.locator("#log-lines li").count();
  await page.getByRole("button", { name: "Answers" }).click();
  await until(
    () => page.locator("#log-lines li[data-kind=answer]").count(),
    (n) => n === 0,
    "the answers are hidden",
  );
  assert.ok((await page.locator("#log-lines li").count()) < all);
});

test("the overview tells of the server and its rooms", async () => {
  const max = await enter("seen", 4);
  await max.act(0, "Take this seat");
  const { page } = await open("/#overview");
  const row = page.locator("#rooms tr", { hasText: "seen" });
  await row.waitFor();
  assert.match(await row.innerText(), /1\s+1 of 15/);
  const value = (tile) => page.locator(`[data-tile=${tile}] .value`).innerText();
  for (const tile of ["rooms", "people", "operations"]) {
    await until(
      () => value(tile),
      (text) => /^[\d,.]+$/.test(text),
      `${tile} is a number`,
    );
  }
  for (const part of ["redis", "laravel"]) assert.equal(await value(part), "healthy");
  assert.equal(await page.locator(".plot[aria-label]").count(), 6);
  await row.getByRole("link").click();
  await page.locator("#door-form").waitFor();
  assert.equal(await page.inputValue("#door-room"), "seen");
});

test("every event has its chapter", async () => {
  const { page } = await open("/#events/send/seat:invite:accept");
  const document = await page.evaluate("fetch('/page/client/asyncapi.json').then((answer) => answer.json())");
  const events = Object.values(document.operations).map(({ title }) => title);
  assert.deepEqual(await page.locator(".chapter").evaluateAll((all) => all.map(({ dataset }) => dataset.event)), events);
  const chapter = page.locator("[id='events/send/seat:invite:accept']");
  await chapter.waitFor();
  const text = await chapter.innerText();
  for (const part of ["the invited user", "seat:updated to the room", "No pending invite found", "emitWithAck"])
    assert.ok(text.includes(part), part);
  const box = await chapter.boundingBox();
  assert.ok(box.y >= 0 && box.y < 800, "the address goes to the chapter");
});

test("nothing serious is found by the accessibility scan", async () => {
  const room = "scan";
  const olivia = await enter(room, 1);
  const max = await enter(room, 4, { ...phone, colorScheme: "dark" });
  const mia = await enter(room, 5);
  await olivia.act(0, "Take this seat");
  await mia.act(1, "Take this seat");
  await olivia.sees(1, "Mia sits here");
  await olivia.act(1, "Mute Mia");
  await olivia.act(2, "Lock this seat");
  await olivia.act(3, "Invite somebody", "Max");
  await mia.sees(1, "You sit here, muted");
  await mia.page.getByRole("button", { name: "Cut the connection" }).click();
  await max.says("Hello");
  await max.sees(1, "Held for Mia, whose connection was lost");
  await olivia.sees(3, "Free. Max is invited");
  await max.act(1, "Take this seat");
  await max.told("Seat is already taken");
  assert.deepEqual(await max.scan(), [], "the room, dark, on a phone");
  await olivia.page.locator("#log-lines summary").first().click();
  await olivia.offered(4);
  assert.deepEqual(await olivia.scan(), [], "the room with a menu");
  assert.deepEqual(await mia.scan({ only: "#notices, .bar, .center" }), [], "the room, cut off");
  const without = ".chapter:nth-of-type(n + 4)"; // they are all made in the same way
  for (const [path, options] of [
    ["/", {}],
    ["/#overview", { colorScheme: "dark" }],
    ["/#events", {}],
  ]) {
    const somebody = await open(path, options);
    await somebody.page.locator("main .view:visible h1").first().waitFor();
    assert.deepEqual(await somebody.scan({ without }), [], path);
  }
});

test("nothing is cut off on a narrow page", async () => {
  const name = "Maximiliana Constantinopolitania-Featherstonehaugh";
  const { page } = await enter(
    "a-room-with-a-very-long-name-that-nobody-would-ever-want-to-type-but-somebody-will",
    { as: 4000, name },
    { viewport: { width: 320, height: 640 } },
  );
  for (const view of ["#room", "#overview", "#events"]) {
    await page.evaluate(`location.hash = "${view}"`);
    await page.waitForTimeout(100);
    const wide = await page.evaluate("document.documentElement.scrollWidth");
    assert.ok(wide <= 320, `${view} is ${wide} wide`);
  }
});
