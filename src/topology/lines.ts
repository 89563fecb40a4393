// Lines of messages that were serialised already.
import { H, listParams, type SipRequest, splitList, unfold } from "../sip/index.ts";
import type { Source } from "../transport/index.ts";

/** The offset after the line that `at` lies in; 0 when there is none. */
export function nextLineAt(text: string, at: number): number {
  return text.indexOf("\n", at) + 1;
}

/**
 * The Via lines of a request as its sender gets them back: byte for byte, but for the top value of a sender that wants to know its
 * port (RFC 3581), which says where it came from in front of its other parameters.
 * @param forceRport - as if it had wanted to know
 */
export function viaLines(request: SipRequest, source: Source, forceRport: boolean): string {
  const { head, topVia } = request;
  const wantsPort = forceRport || topVia.rport >= 0;
  let out = "";
  for (let line = head.headerIndex(H.Via); line >= 0; line = head.headerIndex(H.Via, line + 1)) {
    if (line !== head.viaLine || !wantsPort) {
      out += ended(head.line(line));
      continue;
    }
    // further values of the same line keep their places
    const more = splitList(unfold(head.headerValue(line))).slice(1);
    out += `${head.headerName(line)}: ${[withSource(topVia.text, source), ...more].join(", ")}\r\n`;
  }
  return out;
}

function withSource(via: string, { ip, port }: Source): string {
  const semicolon = via.indexOf(";");
  const end = semicolon < 0 ? via.length : semicolon;
  let out = `${via.slice(0, end).trimEnd()};received=${ip};rport=${port}`;
  for (const { name, value } of listParams(via, end, via.length)) {
    const lower = name.toLowerCase();
    if (lower !== "received" && lower !== "rport") out += value === undefined ? `;${name}` : `;${name}=${value}`;
  }
  return out;
}

function ended(line: string): string {
  return line.endsWith("\r\n") ? line : `${line.trimEnd()}\r\n`;
}
