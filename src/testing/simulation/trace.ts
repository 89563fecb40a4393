// What happened, twice: as one hash over every packet (two runs of a seed must agree in it), and as the story of each call
// that is not over yet, for people.
import { createHash } from "node:crypto";
import type { PacketEvent } from "../network/memory.ts";

const CALL_ID = "\r\nCall-ID: ";

/** Records a run. */
export class Trace {
  readonly #hash = createHash("sha256");
  readonly #stories = new Map<string, string[]>();
  readonly #plain: (callId: string) => string;
  /** Packets recorded. */
  packets = 0;

  /** @param plain - the caller's Call-ID behind the one of a message */
  constructor(plain: (callId: string) => string = (callId) => callId) {
    this.#plain = plain;
  }

  /** Takes note of a packet. */
  packet(event: PacketEvent): void {
    this.packets++;
    const { at, fate, from, to, text } = event;
    const way = `${at} ${fate} ${from.ip}:${from.port} ${to.ip}:${to.port}\n`;
    this.#hash.update(way, "latin1");
    if (fate === "sent") this.#hash.update(text, "latin1");
    const callId = this.#plain(callIdOf(text));
    const note = fate === "sent" || fate === "arrived" ? "" : `  [${fate}]`;
    if (fate === "arrived") return;
    this.tell(callId, at, `${from.ip} → ${to.ip}  ${outline(text)}${note}`);
  }

  /** Adds a line to the story of a call. */
  tell(callId: string, at: number, line: string): void {
    let story = this.#stories.get(callId);
    if (story === undefined) {
      story = [];
      this.#stories.set(callId, story);
    }
    story.push(`${at.toFixed(1).padStart(11)}  ${line}`);
  }

  /** Everything recorded of one call. */
  story(callId: string): readonly string[] {
    return this.#stories.get(callId) ?? [];
  }

  /** Forgets the stories; the hash stays. */
  forgetStories(): void {
    this.#stories.clear();
  }

  /** The hash of everything so far, which ends the recording. */
  digest(): string {
    return this.#hash.digest("hex");
  }
}

/** Call-ID of a message as the agents and the proxy write it; "" when there is none. */
export function callIdOf(text: string): string {
  const at = text.indexOf(CALL_ID);
  if (at < 0) return "";
  const from = at + CALL_ID.length;
  return text.slice(from, text.indexOf("\r\n", from));
}

/** Start line and what tells apart what has the same start line. */
function outline(text: string): string {
  const line = text.slice(0, text.indexOf("\r\n"));
  return `${line}  (CSeq ${field(text, "\r\nCSeq: ")}, branch ${field(text, "branch=", ";").slice(-18)})`;
}

function field(text: string, name: string, end = "\r\n"): string {
  const at = text.indexOf(name);
  if (at < 0) return "?";
  const from = at + name.length;
  const line = text.indexOf("\r\n", from);
  const stop = text.indexOf(end, from);
  return text.slice(from, stop < 0 ? line : Math.min(stop, line));
}
