// The moments of a transaction at which its connection may be lost, told from the bytes that pass a relay.
import assert from "node:assert/strict";
import type { Relay, RelayEnd } from "../../src/testing/databases/index.ts";

/** The moments, in their order. */
export const MOMENTS = [
  "in the middle of its statements",
  "when all of them are there, before the commit",
  "with the commit, before its answer",
  "when the commit is done and its answer under way",
] as const;
export type Moment = (typeof MOMENTS)[number];

/** How a family of servers says it. */
interface Words {
  /** What ends a transaction: the last bytes of what a client sends. */
  readonly commit: Uint8Array;
  /** Whether the commit of several statements comes alone, when the server has answered them. */
  readonly isCommitAlone: boolean;
  /** The last bytes of the answer to a commit that is done; undefined where its first bytes say so. */
  readonly done: Uint8Array | undefined;
  /** Where the next packet begins. */
  next(bytes: Buffer, at: number): number;
  /** Whether a packet runs a prepared statement. */
  isRun(bytes: Buffer, at: number): boolean;
}

const WORDS: Readonly<Record<"postgres" | "mysql", Words>> = {
  postgres: {
    commit: Buffer.from("S\0\0\0\x04"), // Sync
    isCommitAlone: false,
    done: Buffer.from("Z\0\0\0\x05I"), // ReadyForQuery, idle
    next: (bytes, at) => (at + 5 > bytes.length ? bytes.length : at + 1 + bytes.readUInt32BE(at + 1)),
    isRun: (bytes, at) => bytes[at] === 0x45, // Execute
  },
  mysql: {
    commit: Buffer.from("\x07\0\0\0\x03COMMIT"), // COM_QUERY
    isCommitAlone: true,
    done: undefined,
    next: (bytes, at) => (at + 4 > bytes.length ? bytes.length : at + 4 + bytes.readUIntLE(at, 3)),
    isRun: (bytes, at) => bytes[at + 4] === 0x17, // COM_STMT_EXECUTE
  },
};

/** Fewer statements are no transaction of several. */
const SEVERAL = 3;

/** Breaks the connection of the next transaction of several statements. Settles when that is done. */
export function breakAt(relay: Relay, dialect: "postgres" | "mysql", moment: Moment): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const watch = new Watch(WORDS[dialect], moment);
  relay.judge((bytes, from) => {
    const arriving = watch.look(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), from);
    if (arriving === undefined) return undefined;
    relay.judge(undefined);
    resolve();
    return arriving;
  });
  return promise;
}

/** Follows the bytes of one connection: only one writes. */
class Watch {
  readonly #words: Words;
  readonly #moment: Moment;
  /** Statements of the transaction under way. */
  #statements = 0;
  #isCommitting = false;

  constructor(words: Words, moment: Moment) {
    this.#words = words;
    this.#moment = moment;
  }

  /** @returns how many of the bytes arrive before the connection breaks; undefined when it does not yet */
  look(bytes: Buffer, from: RelayEnd): number | undefined {
    return from === "client" ? this.#asked(bytes) : this.#answered(bytes);
  }

  #asked(bytes: Buffer): number | undefined {
    const { commit, isCommitAlone, next, isRun } = this.#words;
    const hasCommit = bytes.subarray(-commit.length).equals(commit);
    const isAlone = bytes.length === commit.length;
    for (let at = 0; at < bytes.length; at = next(bytes, at)) if (isRun(bytes, at)) this.#statements++;
    const areSeveral = this.#statements >= SEVERAL;
    if (this.#moment === MOMENTS[0]) {
      if (areSeveral && !isAlone) return bytes.length >> 1;
    } else if (hasCommit && areSeveral && (isAlone || !isCommitAlone)) {
      if (this.#moment === MOMENTS[1]) return bytes.length - commit.length;
      if (this.#moment === MOMENTS[2]) return bytes.length;
      this.#isCommitting = true;
    }
    if (hasCommit) this.#statements = 0;
    return undefined;
  }

  #answered(bytes: Buffer): number | undefined {
    if (!this.#isCommitting) return undefined;
    const { done } = this.#words;
    if (done !== undefined && !bytes.subarray(-done.length).equals(done)) return undefined;
    assert.ok(done !== undefined || bytes[4] === 0, "MySQL has taken the commit"); // an OK packet
    return 0;
  }
}
