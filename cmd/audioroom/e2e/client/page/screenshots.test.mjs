// Pictures of the page with a scene on it, for people to judge and for the
// README: go test ./cmd/audioroom/e2e -run 'TestPage$' -screenshots FOLDER
import { writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { enter, launch, open, phone, shut, until } from "./browser.mjs";

const folder = process.env.PAGE_SCREENSHOTS;
const dark = { colorScheme: "dark" };

before(launch);
after(shut);

async function encode(picture) {
  const bytes = Uint8Array.from(atob(picture), (c) => c.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  const webp = await canvas.convertToBlob({ type: "image/webp", quality: 0.9 });
  let text = "";
  for (const byte of new Uint8Array(await webp.arrayBuffer())) text += String.fromCharCode(byte);
  return btoa(text);
}

test("pictures", async () => {
  const { page: painter } = await open("/page/icon.svg");
  /** Keeps a picture as WebP, which is a quarter of the size. */
  const take = async ({ page }, name) => {
    await page.mouse.move(0, 0);
    const picture = (await page.screenshot()).toString("base64");
    const encoded = await painter.evaluate(encode, picture);
    await writeFile(`${folder}/${name}.webp`, Buffer.from(encoded, "base64"));
  };
  const room = "evening-talk";
  const olivia = await enter(room, 1);
  const adam = await enter(room, 2, dark);
  const [aisha, max, mia] = [await enter(room, 3), await enter(room, 4, phone), await enter(room, 5)];
  const maxAtNight = await enter(room, 4, { ...phone, ...dark });
  const guests = [];
  for (const [id, name] of [
    [11, "Noor Haddad"],
    [15, "Tomás Rivera"],
    [18, "Yuki Ito"],
  ])
    guests.push(await enter(room, { as: id, name }));
  await olivia.act(0, "Take this seat");
  await adam.act(3, "Take this seat");
  await aisha.act(12, "Take this seat");
  await guests[0].act(1, "Take this seat");
  await guests[1].act(13, "Take this seat");
  await olivia.sees(1, "Noor Haddad sits here");
  await olivia.act(1, "Mute Noor Haddad");
  await olivia.act(7, "Lock this seat");
  await olivia.act(8, "Lock this seat");
  await adam.says("Good evening, everyone. Noor, you are next.");
  await guests[0].says("Ready when you are!");
  await max.says("May I say something after that?");
  await mia.act(10, "Take this seat");
  await mia.page.getByRole("button", { name: "Cut the connection" }).click();
  await olivia.sees(10, "Held for Mia, whose connection was lost");
  await olivia.act(5, "Invite somebody", "Max");
  await olivia.says("Of course, Max: seat 5 is yours.");
  await max.sees(5, "Free. You are invited");
  for (const person of [olivia, adam, max, maxAtNight]) {
    await person.page.locator("#chat", { hasText: "seat 5 is yours" }).waitFor();
    await person.sees(10, "Held for Mia, whose connection was lost");
    await person.page.evaluate("document.activeElement.blur(); scrollTo(0, 0)");
  }
  await take(olivia, "room");
  await take(adam, "room-dark");
  await take(max, "phone");
  await take(maxAtNight, "phone-dark");

  const overview = await open("/#overview");
  const overviewDark = await open("/#overview", dark);
  const ticks = () => overview.page.locator("[data-tile=redis] .tick[data-well=true]").count();
  for (let i = 0; (await ticks()) < 14; i++) {
    const before = await ticks();
    for (let n = 0; n < 1 + ((i * 7) % 5); n++) await guests[i % 3].says(`${i}.${n}`);
    await until(ticks, (count) => count > before, "another reading");
  }
  await take(overview, "overview");
  await take(overviewDark, "overview-dark");
});
