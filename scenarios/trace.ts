// What a run leaves behind: the messages that the phones got, the dialogs at each moment, the statistics afterwards. All of it freed of
// what differs between any two runs (ports, process ids, whatever is drawn at random), so that runs through both doors can be compared.
import assert from "node:assert/strict";
import type { ListedDialog, Management, SippResult } from "../src/testing/index.ts";

/** One run. */
export interface Trace {
  /** `who` and what came in there, sorted; a message that came twice counts once. */
  readonly messages: readonly string[];
  /** `moment` and a dialog, sorted. */
  readonly dialogs: readonly string[];
  /** What else was looked at, in order. */
  readonly notes: readonly string[];
  readonly statistics: Readonly<Record<string, number>>;
}

/** What may differ between the doors, and why. */
export interface Difference {
  /** Full names. */
  readonly statistics: readonly string[];
  readonly why: string;
}

/** Numbers that do not depend on how slow the machine is: how often messages had to be repeated, whether a 100 was due. */
const STEADY = /^(dialog:(?!explain_)|registrar:|usrloc:|sl:[1-6]xx_replies|tm:(UAS|[2-6]xx)_transactions)/;

/** Gathers the trace of one run. */
export class Recorder {
  readonly #ports: ReadonlyMap<number, string>;
  readonly #messages = new Set<string>();
  readonly #dialogs: string[] = [];
  readonly #notes: string[] = [];

  /** @param ports - the names of the parties by their ports */
  constructor(ports: ReadonlyMap<number, string>) {
    this.#ports = ports;
  }

  /** What one phone got. 100 Trying is left out: it comes only when nothing else came soon enough. */
  received(who: string, { received }: SippResult): void {
    for (const message of received) if (!message.startsWith("SIP/2.0 100 ")) this.#messages.add(`${who}: ${this.plain(message)}`);
  }

  /** Dialogs as they are listed at one moment. */
  listed(moment: string, dialogs: readonly ListedDialog[]): void {
    for (const dialog of dialogs) {
      const { ID: _id, timestart: _start, timeout: _end, ...rest } = dialog;
      this.#dialogs.push(`${moment}: ${this.plain(JSON.stringify(rest, undefined, 1))}`);
    }
  }

  /** Something that both doors must say alike. */
  note(text: string): void {
    this.#notes.push(this.plain(text));
  }

  async end(management: Management): Promise<Trace> {
    const all = await management.statistics(["all"]);
    const statistics = Object.fromEntries(Object.entries(all).filter(([name]) => STEADY.test(name)));
    return { messages: [...this.#messages].sort(), dialogs: this.#dialogs.sort(), notes: this.#notes, statistics };
  }

  /** A text without what is different each time. */
  plain(text: string): string {
    return text
      .replaceAll("\r", "")
      .trimEnd()
      .replace(/(:|m=audio |rport=)(\d{4,5})\b/g, (whole: string, before: string, port: string) => {
        const name = this.#ports.get(Number(port));
        return name !== undefined ? before + name : before === "m=audio " ? `${before}MEDIA` : whole;
      })
      .replace(/\bdid=[0-9a-f]+\.[0-9a-f]+/g, "did=DID")
      .replace(/branch=z9hG4bK[^;,\s]*/g, "branch=BRANCH")
      .replace(/\b([a-z])\d+x\d+\b/g, "$1TAG")
      .replace(/;tag=([0-9a-f]{16}|[0-9a-f]{8}-[0-9a-z]{22})(?![\w-])/g, ";tag=OURS")
      .replace(/\b(\d+)-\d+@/g, "$1@")
      .replace(/"db_id": "\d+"/, '"db_id": ID')
      .replace(/"date(start|out)": "[^"]*"/g, '"date$1": DATE');
  }
}

/** The same calls through both doors left the same behind. */
export function assertSame(routes: Trace, script: Trace, differences: readonly Difference[] = []): void {
  assert.deepEqual(script.messages, routes.messages, "the messages that the phones got");
  assert.deepEqual(script.dialogs, routes.dialogs, "the dialogs");
  assert.deepEqual(script.notes, routes.notes, "what was looked at");
  const may = new Set(differences.flatMap((one) => one.statistics));
  const counted = ({ statistics }: Trace): object => Object.fromEntries(Object.entries(statistics).filter(([name]) => !may.has(name)));
  assert.deepEqual(counted(script), counted(routes), "the statistics");
}
