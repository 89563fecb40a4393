// Headers of the message that leaves: added, removed, lists of options changed. What is read stays as it was received (script-language 13.1, 13).
import {
  type Edit,
  equalsIgnoreCase,
  H,
  type HeaderId,
  headerIdOf,
  isCleanHeaderText,
  type SipMessage,
  splitList,
} from "../../../sip/index.ts";

/** A header by its name: the number of a known one, so that it is not looked up for each message. */
export function headerKey(name: string): HeaderId | string {
  const id = headerIdOf(name);
  return id === H.Other ? name : id;
}

/**
 * Complete header lines as a script writes them, brought into a form that cannot spoil the head: a missing last line end is added, a bare
 * LF at the end becomes CRLF.
 * @returns undefined for what is no header line, or would end the head
 */
export function headerLines(text: string): string | undefined {
  const colon = text.indexOf(":");
  if (colon < 1 || text.charCodeAt(0) <= 32) return undefined;
  for (let i = 0; i < colon; i++) if (text.charCodeAt(i) <= 32 && text.charCodeAt(i) !== 32 && text.charCodeAt(i) !== 9) return undefined;
  let end = text.length;
  while (end > 0 && (text.charCodeAt(end - 1) === 10 || text.charCodeAt(end - 1) === 13)) end--;
  const lines = text.slice(0, end);
  // an empty line inside would make the rest a body
  if (lines.includes("\n\r\n") || lines.includes("\n\n") || lines.includes("\0")) return undefined;
  return `${lines}\r\n`;
}

/** Adds lines behind the first header of a name; behind all of them when there is none, or no name. */
export function appendHeader(edit: Edit, lines: string, after?: HeaderId | string): void {
  const line = after === undefined ? -1 : edit.message.headerIndex(after);
  if (line < 0) edit.appendLines(lines);
  else insertAt(edit, edit.message.lineEnd(line), lines);
}

/** Adds lines before the first header of a name; above all of them when there is none, or no name. */
export function insertHeader(edit: Edit, lines: string, before?: HeaderId | string): void {
  const line = before === undefined ? -1 : edit.message.headerIndex(before);
  if (line < 0) edit.prependLines(lines);
  else insertAt(edit, edit.message.lineAt(line), lines);
}

function insertAt(edit: Edit, at: number, lines: string): void {
  edit.replace(at, at, lines);
}

/** Removes all headers of a name. @returns whether the message has any */
export function removeHeader(edit: Edit, name: HeaderId | string): boolean {
  if (!edit.message.has(name)) return false;
  edit.remove(name);
  return true;
}

/** Removes all headers whose name, as it is written, is meant. @returns whether there was one */
export function removeHeaders(edit: Edit, isMeant: (name: string) => boolean): boolean {
  const { message } = edit;
  let wasThere = false;
  for (let line = 0; line < message.headerCount; line++) {
    if (!isMeant(message.headerName(line))) continue;
    edit.removeLine(line);
    wasThere = true;
  }
  return wasThere;
}

/** Whether an option stands in one of the lines of a header; ASCII case is ignored. */
export function hasOption(message: SipMessage, name: HeaderId | string, option: string): boolean {
  for (let line = message.headerIndex(name); line >= 0; line = message.headerIndex(name, line + 1)) {
    const value = message.headerValue(line);
    if (equalsIgnoreCase(value, option)) return true;
    if (value.includes(",") && splitList(value).some((one) => equalsIgnoreCase(one, option))) return true;
  }
  return false;
}

/** Adds an option to the first line of a header. @returns false when there is none, or the option could not stand in a header */
export function addOption(edit: Edit, name: HeaderId | string, option: string): boolean {
  return option !== "" && isCleanHeaderText(option) && edit.addListed(name, option);
}

/** Whether one of the values of the Privacy headers is this one (RFC 3323 section 4.2). */
export function hasPrivacy(message: SipMessage, kind: string): boolean {
  for (let line = message.headerIndex(H.Privacy); line >= 0; line = message.headerIndex(H.Privacy, line + 1)) {
    // values are separated by semicolons; some write commas
    for (const part of message.headerValue(line).split(";")) {
      for (const value of part.split(",")) if (equalsIgnoreCase(value.trim(), kind)) return true;
    }
  }
  return false;
}
