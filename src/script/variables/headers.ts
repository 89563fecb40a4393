// Headers of the received message; edits that wait for the message to be sent do not show (script-language 5.10).
import { H, type HeaderId, headerIdOf, parseNameAddr, type SipMessage, unfold } from "../../sip/index.ts";
import type { Accessor, BoundVariable, VariableDefinition } from "../module.ts";
import type { Run } from "../run.ts";
import type { Value } from "../values.ts";
import { inContext } from "./context.ts";
import { indexed, innerOf, joined, NOTHING, named, orNull, plain } from "./define.ts";
import { displayOf } from "./parties.ts";

/** `$hdr $hdrcnt $hdr_name $ct $ct.fields $cT $cl $ua`. */
export function headerVariables(): readonly VariableDefinition[] {
  return [
    { name: "hdr", inner: "required", isWritable: false, bind: (reference) => inContext(reference, bindHeader(reference)) },
    named("hdrcnt", (run, name) => countOf(run.message, keyOf(name))),
    { name: "hdr_name", inner: "none", isWritable: false, bind: (reference) => indexed(reference, (run) => namesOf(run.message)) },
    { name: "ct", inner: "none", isWritable: false, bind: (reference) => indexed(reference, (run) => run.message.values(H.Contact)) },
    { name: "ct.fields", inner: "required", isWritable: false, bind: bindContactField },
    plain("cT", (run) => orNull(run.message.contentType)),
    plain("cl", contentLength),
    plain("ua", (run) => orNull(run.message.header(H.UserAgent))),
  ];
}

type Key = HeaderId | string;

// Known names are looked up once, when the script is loaded; the others are compared by their text.
function keyOf(name: string): Key {
  const id = headerIdOf(name);
  return id === H.Other ? name : id;
}

function bindHeader(reference: BoundVariable): Accessor {
  const { index } = reference;
  const inner = innerOf(reference);
  if (inner === "" || index === "append") {
    reference.fault(-1, inner === "" ? "$hdr needs a header name" : "index [append] not accepted in $hdr");
    return NOTHING;
  }
  const fixed = typeof inner === "string" ? keyOf(inner) : undefined;
  const key = (run: Run): Key | undefined => {
    if (fixed !== undefined) return fixed;
    const name = typeof inner === "function" ? inner(run) : inner;
    return name === undefined || name === "" ? undefined : keyOf(name);
  };
  const all = (run: Run): readonly Value[] => {
    const k = key(run);
    return k === undefined ? [] : bodiesOf(run.message, k);
  };
  if (index === "*") return { read: (run) => joined(all(run)), all };
  if (index === undefined && fixed !== undefined) return { read: (run) => bodyOf(run.message, fixed, 0), all };
  const read = (run: Run): Value => {
    const k = key(run);
    const at = typeof index === "function" ? index(run) : (index ?? 0);
    return k === undefined || at === undefined ? null : bodyOf(run.message, k, at);
  };
  return { read, all };
}

// Lines count, not values of comma lists.
function bodyOf(message: SipMessage, key: Key, index: number): Value {
  let left = index < 0 ? countOf(message, key) + index : index;
  if (left < 0) return null;
  let line = message.headerIndex(key);
  while (line >= 0 && left > 0) {
    line = message.headerIndex(key, line + 1);
    left--;
  }
  return line < 0 ? null : unfold(message.headerValue(line));
}

function bodiesOf(message: SipMessage, key: Key): readonly string[] {
  const bodies: string[] = [];
  for (let line = message.headerIndex(key); line >= 0; line = message.headerIndex(key, line + 1)) {
    bodies.push(unfold(message.headerValue(line)));
  }
  return bodies;
}

function countOf(message: SipMessage, key: Key): number {
  let count = 0;
  for (let line = message.headerIndex(key); line >= 0; line = message.headerIndex(key, line + 1)) count++;
  return count;
}

function namesOf(message: SipMessage): readonly string[] {
  const names: string[] = [];
  for (let line = 0; line < message.headerCount; line++) names.push(message.headerName(line));
  return names;
}

function contentLength(run: Run): Value {
  const length = run.message.number(H.ContentLength);
  return length < 0 ? null : length;
}

const CONTACT_FIELDS: ReadonlySet<string> = new Set(["name", "uri", "q", "expires", "methods", "received", "params"]);

function bindContactField(reference: BoundVariable): Accessor {
  const inner = innerOf(reference);
  if (typeof inner === "string" && !CONTACT_FIELDS.has(inner)) {
    reference.fault(-1, `unknown name <${inner}> in $ct.fields`, `it may be ${[...CONTACT_FIELDS].join(", ")}`);
    return NOTHING;
  }
  return indexed(reference, (run) => {
    const field = typeof inner === "string" ? inner : inner(run);
    return field === undefined ? [] : run.message.values(H.Contact).map((contact) => contactField(contact, field));
  });
}

function contactField(text: string, field: string): Value {
  const contact = parseNameAddr(text);
  if (!contact.ok) return null;
  switch (field) {
    case "name":
      return displayOf(contact.value);
    case "uri":
      return contact.value.uri;
    case "q":
    case "methods":
    case "received":
      return orNull(contact.value.param(field));
    case "expires":
      return secondsOf(contact.value.param("expires"));
    case "params":
      return paramsOf(contact.value.params());
    default:
      return null;
  }
}

function secondsOf(text: string | undefined): Value {
  if (text === undefined || text === "" || text.length > 9) return null;
  let seconds = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return null;
    seconds = seconds * 10 + digit;
  }
  return seconds;
}

function paramsOf(params: readonly { readonly name: string; readonly value: string | undefined }[]): Value {
  if (params.length === 0) return null;
  return params.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`)).join(";");
}
