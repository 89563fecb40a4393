// Names of prepared statements on one connection.
import type { Wire } from "./wire.ts";

/** More texts than this are not a fixed set: all are forgotten and begin anew. */
const LIMIT = 300;

/** Which texts the server knows by which name. */
export class StatementNames {
  readonly #names = new Map<string, string>();
  /** Texts of which the server has said that it took them. */
  readonly #known = new Set<string>();
  /** Sent with what is under way. */
  readonly #sent = new Set<string>();
  #next = 1;

  /** Begins a round trip. */
  begin(wire: Wire): void {
    this.#sent.clear();
    if (this.#names.size < LIMIT) return;
    for (const name of this.#names.values()) wire.close({ type: "S", name });
    this.#names.clear();
    this.#known.clear();
  }

  /** The name of a text; it is sent first when the server may not have it. */
  prepare(wire: Wire, text: string): string {
    let name = this.#names.get(text);
    if (name === undefined) {
      name = `d${this.#next++}`;
      this.#names.set(text, name);
    }
    if (this.#known.has(text) || this.#sent.has(text)) return name;
    this.#sent.add(text);
    // it may be there from a round trip that failed later on; closing what is not there is no error
    wire.close({ type: "S", name });
    wire.parse({ name, text });
    return name;
  }

  /** The round trip went well. */
  succeeded(): void {
    for (const text of this.#sent) this.#known.add(text);
  }

  /** The server may have lost or changed any of them. */
  forgetAll(): void {
    this.#known.clear();
  }
}
