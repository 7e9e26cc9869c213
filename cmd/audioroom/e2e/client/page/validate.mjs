// Holds what a server really sent against the AsyncAPI document, and the document
// against AsyncAPI's own schema. The arguments are the document and a file with
// one JSON object a line: {schema, payload}. What doesn't fit is printed.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv";

const require = createRequire(import.meta.url);
const [documentFile, recordedFile] = process.argv.slice(2);
const document = JSON.parse(readFileSync(documentFile, "utf8"));
const faults = [];

const asyncapi = require("@asyncapi/specs/schemas/3.0.0.json");
delete asyncapi.definitions["http://json-schema.org/draft-07/schema"]; // which Ajv knows
const specification = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(asyncapi);
if (!specification(document))
  faults.push(...specification.errors.map(({ instancePath, message }) => `the document: ${instancePath} ${message}`));

const ajv = new Ajv({ strict: false, allErrors: true }).addSchema(document, "document");
const validators = new Map();
const schemaNamed = (name) => {
  if (!validators.has(name)) validators.set(name, ajv.compile({ $ref: `document#/components/schemas/${name}` }));
  return validators.get(name);
};
const check = (name, payload, where) => {
  const valid = schemaNamed(name);
  if (!valid(payload)) faults.push(`${where}: ${name} ${JSON.stringify(payload)}: ${ajv.errorsText(valid.errors)}`);
};

for (const [key, { payload, examples }] of Object.entries(document.components.messages)) {
  for (const example of examples) check(payload.$ref.split("/").pop(), example.payload, `the example of ${key}`);
}
for (const line of readFileSync(recordedFile, "utf8").split("\n").filter(Boolean)) {
  const { schema, payload } = JSON.parse(line);
  check(schema, payload, "recorded");
}
if (faults.length > 0) {
  console.log(faults.join("\n"));
  process.exitCode = 1;
}
