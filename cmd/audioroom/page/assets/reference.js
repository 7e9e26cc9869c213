// The reference of the events, each in the same form, from the AsyncAPI document.

import { byID, h } from "./dom.js";

/** @param {any} document_ the AsyncAPI document */
export function renderReference(document_) {
  const operations = Object.values(document_.operations);
  /** @type {[string, string, any[]][]} */
  const groups = [
    ["You send", "send", operations.filter(({ action }) => action === "receive")],
    ["You hear", "hear", operations.filter(({ action }) => action === "send")],
  ];
  const contents = byID("reference-contents");
  const article = byID("reference");
  for (const [name, prefix, list] of groups) {
    contents.append(
      h("h2", {}, name),
      h(
        "ul",
        {},
        list.map(({ title }) => h("li", {}, h("a", { href: `#events/${prefix}/${title}` }, title))),
      ),
    );
    article.append(h("h2", {}, name));
    for (const operation of list) article.append(chapter(document_, operation, prefix));
  }
  article.append(
    h("h2", {}, "Errors that any event may answer"),
    errors(document_["x-common-errors"]),
    h("h2", {}, "Why a connection is refused"),
    errors(document_["x-connect-errors"]),
  );
}

function chapter(document_, operation, prefix) {
  const { title, summary, messages, reply } = operation;
  const message = messageOf(document_, messages[0]);
  const notes = operation["x-notes"] ?? [];
  const facts = [];
  if (reply) {
    facts.push(["Who", operation["x-who"]]);
    facts.push([
      "Ack",
      h(
        "ul",
        {},
        forms(document_, messageOf(document_, reply.messages[0]).payload).map((form) =>
          h("li", {}, h("code", {}, outline(document_, form))),
        ),
      ),
    ]);
    facts.push([
      "Emits",
      operation["x-emits"].length === 0
        ? "nothing"
        : h(
            "ol",
            { class: "emits" },
            operation["x-emits"].map(({ event, to, when }) =>
              h(
                "li",
                {},
                h("code", {}, event),
                ` to ${to === "room" ? "the room" : to === "others" ? "the others" : to}${when ? `, ${plain(when)}` : ""}`,
              ),
            ),
          ),
    ]);
  } else {
    facts.push(["To", plain(operation["x-to"])]);
  }
  return h(
    "section",
    { class: "card chapter", id: `events/${prefix}/${title}`, "data-event": title },
    h("h3", {}, title),
    h("p", {}, plain(summary)),
    fields(document_, message.payload),
    h(
      "dl",
      {},
      facts.map(([term, description]) => [h("dt", {}, term), h("dd", {}, description)]),
    ),
    notes.map((note) => h("p", { class: "hint" }, plain(note))),
    operation["x-errors"]?.length ? errors(operation["x-errors"]) : null,
    h("pre", { tabindex: "0" }, sample(document_, operation, message)),
  );
}

function sample(document_, { title, reply }, message) {
  const { payload } = message.examples[0];
  if (!reply) return `socket.on(${JSON.stringify(title)}, (payload) => {\n${comment(payload, "  // ")}\n});`;
  const answer = messageOf(document_, reply.messages[0]).examples[0].payload;
  return `await socket.emitWithAck(${JSON.stringify(title)}, ${JSON.stringify(payload)});\n${comment(answer, "// ")}`;
}

/** A value as a comment, on several lines if it is long. */
function comment(value, mark) {
  const short = JSON.stringify(value);
  return mark + (short.length < 90 ? short : JSON.stringify(value, null, 2).replaceAll("\n", "\n" + mark));
}

function messageOf(document_, { $ref }) {
  return document_.components.messages[$ref.split("/").pop()];
}

/** Follows references to the schema itself. */
function resolve(document_, schema) {
  if (schema.allOf) return { ...resolve(document_, schema.allOf[0]), description: schema.description };
  return schema.$ref ? resolve(document_, document_.components.schemas[schema.$ref.split("/").pop()]) : schema;
}

/** The forms that a payload may have. */
function forms(document_, payload) {
  const schema = resolve(document_, payload);
  return (schema.oneOf ?? [schema]).map((form) => resolve(document_, form));
}

/** A form on one line. */
function outline(document_, { properties = {}, required = [] }) {
  const names = Object.entries(properties).map(([name, property]) => {
    const { const: only } = resolve(document_, property);
    return name + (required.includes(name) ? "" : "?") + (only === undefined ? "" : `: ${JSON.stringify(only)}`);
  });
  return `{ ${names.join(", ")} }`;
}

function fields(document_, payload) {
  return forms(document_, payload).map(({ properties = {}, required = [] }) => {
    const rows = Object.entries(properties);
    if (rows.length === 0) return h("p", { class: "hint" }, "An empty object.");
    return h(
      "div",
      { class: "scroll" },
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h("tr", {}, h("th", { scope: "col" }, "Field"), h("th", { scope: "col" }, "Type"), h("th", { scope: "col" }, "About")),
        ),
        h(
          "tbody",
          {},
          rows.map(([name, property]) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, h("code", {}, name), required.includes(name) ? null : h("small", {}, " optional")),
              h("td", {}, typeOf(document_, property)),
              h("td", {}, plain(resolve(document_, property).description ?? "")),
            ),
          ),
        ),
      ),
    );
  });
}

function typeOf(document_, property) {
  const schema = resolve(document_, property);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.oneOf) return schema.oneOf.map((one) => typeOf(document_, one)).join(" or ");
  if (schema.type === "array") return `list of ${typeOf(document_, schema.items)}`;
  const { minimum, maximum, minLength, maxLength } = schema;
  if (schema.type === "integer") return maximum !== undefined && maximum < 1e6 ? `integer, ${minimum}–${maximum}` : "integer";
  if (schema.type === "string" && maxLength) return `string, ${minLength}–${maxLength}`;
  return [].concat(schema.type ?? "any").join(" or ");
}

function errors(list) {
  return h(
    "dl",
    { class: "errors" },
    list.map(({ text, meaning }) => [h("dt", {}, h("code", {}, text)), h("dd", {}, plain(meaning))]),
  );
}

const plain = (text) => text.replaceAll("`", "");
