// Changes to the body of a message that is on its way: parts added, removed, changed. They work on the body as earlier changes left it.

import { type BodyPart, bodyParts, isMime, joinParts } from "./body.ts";
import { equalsIgnoreCase } from "./chars.ts";
import type { Edit } from "./edit.ts";
import { H } from "./headers.ts";

/** What describes a body in the head of a message, and moves into its part when there are several (RFC 5621 section 4). */
const DESCRIBING = [H.ContentDisposition, H.ContentEncoding, H.ContentLanguage, "Content-ID"] as const;

/** Whether the body, as it stands now, has a part of a kind (`application/sdp`, `text/*`); without a kind, whether there is a body. */
export function hasBodyPart(edit: Edit, kind?: string): boolean {
  if (kind === undefined) return edit.body !== "";
  if (edit.body === "") return false;
  return isMime(edit.contentType, kind) || bodyParts(edit.contentType, edit.body).some((part) => isMime(part.contentType, kind));
}

/** The text of the first part of a kind; undefined when there is none. */
export function bodyPartText(edit: Edit, kind: string): string | undefined {
  return bodyParts(edit.contentType, edit.body).find((part) => isMime(part.contentType, kind))?.body;
}

/**
 * Changes every part of a kind in place; all other bytes of the body stay.
 * @param change - gives the new text, or undefined to leave the part alone
 * @returns whether a part was changed
 */
export function changeBodyParts(edit: Edit, kind: string, change: (text: string) => string | undefined): boolean {
  const before = edit.body;
  let body = "";
  let at = 0;
  let isChanged = false;
  for (const part of bodyParts(edit.contentType, before)) {
    const text = isMime(part.contentType, kind) ? change(part.body) : undefined;
    if (text === undefined) continue;
    body += before.slice(at, part.from) + text;
    at = part.from + part.body.length;
    isChanged = true;
  }
  if (isChanged) edit.setBody(body + before.slice(at));
  return isChanged;
}

/**
 * Takes parts away. Where one is left it becomes the body; where none is left, body and Content-Type go.
 * @param isWanted - decides by the Content-Type which parts stay
 * @returns whether a part was taken away
 */
export function keepBodyParts(edit: Edit, isWanted: (contentType: string) => boolean): boolean {
  const parts = bodyParts(edit.contentType, edit.body);
  const kept = parts.filter((part) => isWanted(part.contentType));
  if (kept.length === parts.length) return false;
  put(edit, kept);
  return true;
}

/**
 * Adds a part behind the others; a body that was of one part becomes `multipart/mixed` (RFC 5621 section 3).
 * @param headers - further header lines of the part, each with its line end
 */
export function addBodyPart(edit: Edit, body: string, contentType: string, headers = ""): void {
  const parts: Omit<BodyPart, "from">[] = [...bodyParts(edit.contentType, edit.body)];
  const [only] = parts;
  const isFirstOfTwo = only !== undefined && parts.length === 1 && !isMime(edit.contentType, "multipart/*");
  if (isFirstOfTwo) parts[0] = { ...only, contentType: only.contentType || "text/plain", headers: takeDescription(edit) };
  parts.push({ contentType, headers, body });
  put(edit, parts);
}

function put(edit: Edit, parts: readonly Omit<BodyPart, "from">[]): void {
  const joined = joinParts(parts, edit.contentType);
  edit.setBody(joined.body, joined.contentType);
  // what described the only part describes the body now
  let at = 0;
  while (at < joined.headers.length) {
    const lf = joined.headers.indexOf("\n", at);
    const end = lf < 0 ? joined.headers.length : lf + 1;
    const line = joined.headers.slice(at, end);
    if (equalsIgnoreCase(line.slice(0, 8), "Content-")) edit.appendLines(line);
    at = end;
  }
}

function takeDescription(edit: Edit): string {
  let headers = "";
  for (const id of DESCRIBING) {
    const line = edit.message.headerIndex(id);
    if (line < 0 || edit.isRemoved(line)) continue;
    headers += `${edit.message.headerName(line)}: ${edit.message.header(id) ?? ""}\r\n`;
    edit.removeLine(line);
  }
  return headers;
}
