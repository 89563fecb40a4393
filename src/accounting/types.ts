// Where records go and which are wanted, as sets of bits, and the words scripts use for them (side-modules 2.1).

/** Backends. `app` is the TypeScript door: whoever listens to records there. */
export const RecordType: Readonly<Record<"log" | "aaa" | "db" | "evi" | "app", number>> = Object.freeze({
  log: 1,
  aaa: 2,
  db: 4,
  evi: 8,
  app: 16,
});

/** A set of `RecordType` bits. */
export type RecordTypes = number;

/** Every backend. */
export const ALL_TYPES: RecordTypes = 31;

/** What is wanted besides a record of every answered transaction. */
export interface AccountFlags {
  /** One record at the end of the call, with its duration, in place of the one at the answer. */
  readonly cdr: boolean;
  /** A record when an INVITE fails. */
  readonly missed: boolean;
  /** The usual record for failed requests too. */
  readonly failed: boolean;
}

/** Nothing but answered transactions. */
export const NO_FLAGS: AccountFlags = Object.freeze({ cdr: false, missed: false, failed: false });
/** All of them. */
export const ALL_FLAGS: AccountFlags = Object.freeze({ cdr: true, missed: true, failed: true });

const TYPE_WORDS: ReadonlyMap<string, number> = new Map([
  ["log", RecordType.log],
  ["aaa", RecordType.aaa],
  ["db", RecordType.db],
  ["evi", RecordType.evi],
]);

/** Reads `log|db`. @returns a word that is none of them, as a text */
export function parseTypes(text: string): RecordTypes | string {
  let types = 0;
  for (const word of words(text)) {
    const bit = TYPE_WORDS.get(word);
    if (bit === undefined) return word;
    types |= bit;
  }
  return types;
}

/** Reads `cdr|missed|failed`. @returns a word that is none of them, as a text */
export function parseFlags(text: string): AccountFlags | string {
  const flags = { cdr: false, missed: false, failed: false };
  for (const word of words(text)) {
    if (word === "cdr" || word === "missed" || word === "failed") flags[word] = true;
    else return word;
  }
  return flags;
}

function words(text: string): readonly string[] {
  return text.split("|").map((word) => word.trim().toLowerCase());
}
