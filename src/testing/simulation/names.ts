// Call-IDs as each side of the proxy sees them: where one is hidden, the callee's is another than the caller's.
import { lineOf } from "./numbering.ts";

/** The header that tells which call an INVITE belongs to, whatever its Call-ID has become. */
export const CALL_HEADER = "X-Call";
const CALL_LINE = `\r\n${CALL_HEADER}: `;

/** Finds the caller's Call-ID behind the callee's. */
export class CallNames {
  readonly #byIndex = new Map<string, string>();
  readonly #plain = new Map<string, string>();
  readonly #shown = new Map<string, string>();

  /** A call is placed. @returns the lines that its INVITE has to carry */
  placed(index: number, callId: string): string {
    this.#byIndex.set(String(index), callId);
    return `${CALL_HEADER}: ${index}\r\n`;
  }

  /** A message leaves the proxy: an INVITE says under which Call-ID it goes to its callee. */
  sent(text: string): void {
    if (!text.startsWith("INVITE ")) return;
    const plain = this.#byIndex.get(lineOf(text, CALL_LINE));
    const shown = lineOf(text, "\r\nCall-ID: ");
    if (plain === undefined || plain === shown) return;
    this.#plain.set(shown, plain);
    this.#shown.set(plain, shown);
  }

  /** The caller's Call-ID. */
  plain(callId: string): string {
    return this.#plain.get(callId) ?? callId;
  }

  /** The callee's Call-ID. */
  shown(callId: string): string {
    return this.#shown.get(callId) ?? callId;
  }

  /** Forgets calls that are over. */
  forget(): void {
    this.#byIndex.clear();
    this.#plain.clear();
    this.#shown.clear();
  }
}
