// $rb: the body, or its parts by their type (RFC 2046 section 5.1).
import type { SipMessage } from "../../sip/index.ts";
import type { Accessor, BoundVariable, VariableDefinition } from "../module.ts";
import type { Value } from "../values.ts";
import { inContext } from "./context.ts";
import { filled, indexed } from "./define.ts";

const MAX_PARTS = 64;

/** `$rb`, `$rb(application/sdp)`, `$(rb(application/sdp)[1])`. */
export function bodyVariable(): VariableDefinition {
  return { name: "rb", inner: "optional", isWritable: false, bind: bindBody };
}

function bindBody(reference: BoundVariable): Accessor {
  const { inner, index } = reference;
  if (inner === undefined && (index === undefined || index === 0)) return inContext(reference, { read: (run) => filled(run.message.body) });
  return indexed(reference, (run) => {
    const type = typeof inner === "function" ? inner(run) : inner;
    return partsOf(run.message, type?.toLowerCase());
  });
}

/** One part: its type without parameters, lower case, and its text. */
interface Part {
  readonly type: string;
  readonly text: string;
}

/** The bodies of a message with this type, or all of them; a body that is not multipart counts as one part. */
export function partsOf(message: SipMessage, type: string | undefined): readonly Value[] {
  const { body, contentType } = message;
  if (body === "") return [];
  const whole: Part = { type: typeOf(contentType ?? ""), text: body };
  const boundary = whole.type.startsWith("multipart/") ? boundaryOf(contentType ?? "") : "";
  const parts = boundary === "" ? [whole] : split(body, `--${boundary}`);
  return (type === undefined || type === "" ? parts : parts.filter((part) => part.type === type)).map((part) => part.text);
}

function typeOf(contentType: string): string {
  const end = contentType.indexOf(";");
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

function boundaryOf(contentType: string): string {
  const at = contentType.toLowerCase().indexOf("boundary=");
  if (at < 0) return "";
  const value = contentType.slice(at + 9);
  if (value.charCodeAt(0) === 34) return value.slice(1, Math.max(1, value.indexOf('"', 1)));
  const end = value.indexOf(";");
  return (end < 0 ? value : value.slice(0, end)).trim();
}

function split(body: string, delimiter: string): Part[] {
  const parts: Part[] = [];
  let at = delimiterAt(body, delimiter, 0);
  while (at >= 0 && parts.length < MAX_PARTS) {
    const from = body.indexOf("\n", at + delimiter.length) + 1;
    if (body.startsWith("--", at + delimiter.length) || from === 0) break;
    const next = delimiterAt(body, delimiter, from);
    if (next < 0) break;
    // the line end before a delimiter belongs to the delimiter
    let end = next;
    if (end > from && body.charCodeAt(end - 1) === 10) end--;
    if (end > from && body.charCodeAt(end - 1) === 13) end--;
    parts.push(readPart(body.slice(from, end)));
    at = next;
  }
  return parts;
}

// A delimiter stands at the begin of a line.
function delimiterAt(body: string, delimiter: string, from: number): number {
  let at = body.indexOf(delimiter, from);
  while (at > 0 && body.charCodeAt(at - 1) !== 10) at = body.indexOf(delimiter, at + 1);
  return at;
}

function readPart(text: string): Part {
  let at = 0;
  let type = "text/plain";
  while (at < text.length) {
    const lf = text.indexOf("\n", at);
    const end = lf < 0 ? text.length : lf;
    const line = text.slice(at, end).trimEnd();
    at = end + 1;
    if (line === "") return { type, text: text.slice(at) };
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
    if (name === "content-type" || name === "c") type = typeOf(line.slice(colon + 1));
  }
  return { type, text: "" };
}
