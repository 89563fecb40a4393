// Bodies of one or several parts (RFC 2046 section 5.1, RFC 5621): taken apart, put together. Text is latin1.

import { equalsIgnoreCase, isTokenChar, skipSpace, trimEnd } from "./chars.ts";
import { findParam } from "./params.ts";

/** One part of a body; a body that is not multipart is one part. */
export interface BodyPart {
  /** Content-Type as it stands; `text/plain` where a part of a multipart body names none (RFC 2046 section 5.1). */
  readonly contentType: string;
  /** The other header lines of the part, each with its line end; "" for a body that is not multipart. */
  readonly headers: string;
  readonly body: string;
  /** Where `body` stands in the whole body. */
  readonly from: number;
}

/** Parts of one body beyond this many are not looked at. */
export const MAX_PARTS = 32;

/** Type and subtype of a Content-Type in lower case, parameters left out; "" when it is none. */
export function mimeOf(contentType: string | undefined): string {
  if (contentType === undefined) return "";
  const semicolon = contentType.indexOf(";");
  const end = trimEnd(contentType, 0, semicolon < 0 ? contentType.length : semicolon);
  const text = contentType.slice(skipSpace(contentType, 0, end), end).toLowerCase();
  const slash = text.indexOf("/");
  if (slash < 1 || slash === text.length - 1) return "";
  for (let i = 0; i < text.length; i++) if (i !== slash && !isTokenChar(text.charCodeAt(i))) return "";
  return text;
}

/** Whether a Content-Type is of a kind: `application/sdp`, or `multipart/*` for any subtype. Case is ignored. */
export function isMime(contentType: string | undefined, kind: string): boolean {
  const mime = mimeOf(contentType);
  const wanted = mimeOf(kind);
  if (mime === "" || wanted === "") return false;
  return wanted.endsWith("/*") ? mime.startsWith(wanted.slice(0, -1)) : mime === wanted;
}

/** The `boundary` of a multipart Content-Type; undefined when it is not multipart or has none. */
export function boundaryOf(contentType: string | undefined): string | undefined {
  if (contentType === undefined || !mimeOf(contentType).startsWith("multipart/")) return undefined;
  const boundary = findParam(contentType, contentType.indexOf(";"), contentType.length, "boundary");
  return boundary === undefined || boundary === "" || boundary.length > 70 ? undefined : boundary;
}

/**
 * The parts of a body in order. A multipart body that cannot be taken apart (no boundary, no delimiter) is one part.
 * @returns nothing for an empty body
 */
export function bodyParts(contentType: string | undefined, body: string): readonly BodyPart[] {
  if (body === "") return [];
  const boundary = boundaryOf(contentType);
  const parts = boundary === undefined ? [] : split(body, `--${boundary}`);
  return parts.length > 0 ? parts : [{ contentType: contentType ?? "", headers: "", body, from: 0 }];
}

/** Content-Type and body of parts put together: nothing, the part itself, or `multipart/mixed`. */
export interface JoinedBody {
  /** "" when nothing is left. */
  readonly contentType: string;
  readonly body: string;
  /** Headers of the only part, which are the message's now. */
  readonly headers: string;
}

/**
 * Puts parts together.
 * @param outer - Content-Type that the body had: its boundary and subtype are kept where it was multipart
 */
export function joinParts(parts: readonly Omit<BodyPart, "from">[], outer?: string): JoinedBody {
  const [only] = parts;
  if (only === undefined) return { contentType: "", body: "", headers: "" };
  if (parts.length === 1) return only;
  const known = boundaryOf(outer);
  const boundary = known ?? freeBoundary(parts);
  let body = "";
  for (const part of parts) body += `--${boundary}\r\nContent-Type: ${part.contentType}\r\n${part.headers}\r\n${part.body}\r\n`;
  return {
    contentType: known === undefined || outer === undefined ? `multipart/mixed;boundary=${boundary}` : outer,
    body: `${body}--${boundary}--\r\n`,
    headers: "",
  };
}

// Nothing random: a name made of the parts, so that it stands in none of them but by an accident that is looked for.
function freeBoundary(parts: readonly Omit<BodyPart, "from">[]): string {
  let sum = 0x811c9dc5;
  for (const part of parts) for (let i = 0; i < part.body.length; i++) sum = Math.imul(sum ^ part.body.charCodeAt(i), 0x01000193);
  for (;;) {
    const boundary = `part-${(sum >>> 0).toString(16)}`;
    if (!parts.some((part) => part.body.includes(boundary))) return boundary;
    sum = Math.imul(sum ^ 0x2d, 0x01000193);
  }
}

// Each search goes on where the one before ended, so that the whole is linear.
function split(body: string, delimiter: string): BodyPart[] {
  const parts: BodyPart[] = [];
  let line = delimiterAt(body, delimiter, 0);
  while (line >= 0 && parts.length < MAX_PARTS) {
    const after = line + delimiter.length;
    if (body.startsWith("--", after)) break;
    const lineEnd = body.indexOf("\n", after);
    if (lineEnd < 0) break;
    const next = delimiterAt(body, delimiter, lineEnd + 1);
    // The line end before a delimiter belongs to it. A body that is cut off has its last part up to the end.
    let end = next < 0 ? body.length : next - 1;
    if (next >= 0 && end > lineEnd && body.charCodeAt(end - 1) === 13) end--;
    parts.push(readPart(body, lineEnd + 1, Math.max(end, lineEnd + 1)));
    line = next;
  }
  return parts;
}

function delimiterAt(body: string, delimiter: string, from: number): number {
  let at = body.indexOf(delimiter, from);
  while (at > 0 && body.charCodeAt(at - 1) !== 10) at = body.indexOf(delimiter, at + 1);
  return at;
}

function readPart(body: string, from: number, end: number): BodyPart {
  let contentType = "text/plain";
  let headers = "";
  let at = from;
  while (at < end) {
    const lf = body.indexOf("\n", at);
    const lineEnd = lf < 0 || lf >= end ? end : lf + 1;
    const line = body.slice(at, lineEnd);
    at = lineEnd;
    if (line === "\r\n" || line === "\n") break;
    const colon = line.indexOf(":");
    if (colon > 0 && equalsIgnoreCase(line.slice(0, trimEnd(line, 0, colon)), "Content-Type")) {
      contentType = line.slice(skipSpace(line, colon + 1, line.length), trimEnd(line, colon + 1, line.length));
    } else headers += line;
  }
  return { contentType, headers, body: body.slice(at, end), from: at };
}
