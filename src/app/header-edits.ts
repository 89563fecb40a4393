// What a route may write into headers. A value that would break the message into two is refused (S-10).
import { DialoomError, ErrorCodes } from "../kit/index.ts";
import type { ReplyExtra } from "../proxy/index.ts";
import { isCleanHeaderText } from "../sip/index.ts";

/** Headers by name; an array writes one line for each value. */
export type HeaderValues = Readonly<Record<string, string | readonly string[]>>;

/** What an answer made here carries besides its status. */
export interface AnswerParts {
  readonly headers?: HeaderValues;
  readonly body?: string;
  readonly contentType?: string;
}

/** @throws DialoomError `DIALOOM_BAD_ARGUMENT` when name or value could not stand on one line */
export function checkHeader(name: string, value: string): void {
  if (!isToken(name)) throw new DialoomError(ErrorCodes.BadArgument, `"${printable(name)}" cannot be a header name`);
  if (!isCleanHeaderText(value)) {
    throw new DialoomError(ErrorCodes.BadArgument, `the value of ${name} holds a line break or NUL: "${printable(value)}"`);
  }
}

/** Turns the parts of an answer into what the proxy wants. */
export function replyExtra(parts: AnswerParts | undefined): ReplyExtra | undefined {
  if (parts === undefined) return undefined;
  let headers = "";
  for (const [name, given] of Object.entries(parts.headers ?? {})) {
    for (const value of typeof given === "string" ? [given] : given) {
      checkHeader(name, value);
      headers += `${name}: ${value}\r\n`;
    }
  }
  const extra: { headers?: string; body?: string; contentType?: string } = {};
  if (headers !== "") extra.headers = headers;
  if (parts.body !== undefined) {
    extra.body = Buffer.from(parts.body, "utf8").toString("latin1");
    extra.contentType = parts.contentType ?? "text/plain";
    checkHeader("Content-Type", extra.contentType);
  }
  return extra;
}

const MARKS = "-.!%*_+`'~";

function isToken(name: string): boolean {
  if (name === "") return false;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    const isAlphanumeric = (code >= 48 && code <= 57) || ((code | 32) >= 97 && (code | 32) <= 122);
    if (!isAlphanumeric && !MARKS.includes(name.charAt(i))) return false;
  }
  return true;
}

function printable(text: string): string {
  return JSON.stringify(text).slice(1, -1).slice(0, 200);
}
