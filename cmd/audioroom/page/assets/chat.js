// What people say to the room.

import { byID, h, icon, keep } from "./dom.js";
import { avatar, paint } from "./person.js";

export class Chat {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    this.list = byID("chat");
    const form = byID("chat-form");
    const input = byID("chat-text");
    form.querySelector("button").append(icon("send"));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const content = input.value.trim();
      if (!content) return;
      input.value = "";
      const said = await session.act("chat:message", { roomId: session.room.id, content }, "Sending the message");
      if (!said && !input.value) input.value = content; // theirs to try again
    });
  }

  render() {
    const { room } = this.session;
    const { scrollTop, scrollHeight, clientHeight } = this.list;
    const following = scrollTop + clientHeight >= scrollHeight - 24;
    keep(
      this.list,
      room.chat,
      (message) => message.id,
      (message) => this.#make(message),
    );
    if (following) this.list.scrollTop = this.list.scrollHeight;
  }

  #make({ userId, userName, content, type, timestamp }) {
    const face = avatar();
    paint(face, { id: userId, name: userName });
    const time = new Date(timestamp);
    return h(
      "div",
      { class: "message", "data-type": type },
      face,
      h(
        "div",
        {},
        h(
          "p",
          { class: "by" },
          h("strong", { dir: "auto" }, userName),
          h("time", { datetime: time.toISOString() }, time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })),
        ),
        h("p", { class: "content", dir: "auto" }, content),
      ),
    );
  }
}
