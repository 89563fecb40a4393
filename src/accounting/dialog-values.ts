// An account as variables of its call, so that the record at the end outlives a restart (side-modules 2.6). Binary: strings with 16-bit
// lengths before them, numbers little-endian.
import { bytesOf, type EpochMs, latin1 } from "../kit/index.ts";
import type { Account } from "./account.ts";

/** Core values of the answer, for the record at the end. */
export interface AnswerCore {
  readonly toTag: string;
  readonly code: string;
  readonly reason: string;
}

/** What comes back. */
export interface UnpackedAccount extends AnswerCore {
  readonly method: string;
  readonly fromTag: string;
  readonly callId: string;
  readonly startAt: EpochMs;
  readonly createdAt: EpochMs;
  readonly types: number;
  readonly cdr: number;
  readonly missed: number;
  readonly failed: number;
  readonly table: string;
  readonly extras: readonly (readonly [string, string])[];
  readonly legs: readonly (readonly (readonly [string, string])[])[];
}

const CORE = "accX_core";
const EXTRA = "accX_extra";
const LEG = "accX_leg";
const FLAGS = "accX_flags";
const CREATED = "accX_created";
const TABLE = "accX_table";

/** The variables and their values. */
export function packAccount(account: Account, startAt: EpochMs, answer: AnswerCore): readonly (readonly [name: string, value: string])[] {
  const { core, values } = account;
  const strings = [core.method, core.fromTag, answer.toTag, core.callId, answer.code, answer.reason];
  const extras = [...values.extras].map(([tag, value]) => text(tag) + text(value)).join("");
  const legs = values.legs.map((leg) => short(leg.size) + [...leg].map(([tag, value]) => text(tag) + text(value)).join("")).join("");
  return [
    [CORE, strings.map(text).join("") + instant(startAt)],
    [EXTRA, short(values.extras.size) + extras],
    [LEG, short(values.legs.length) + legs],
    [FLAGS, String.fromCharCode(account.types, account.cdrTypes, account.missedTypes, account.failedTypes, 0, 0, 0, 0)],
    [CREATED, instant(account.createdAt)],
    [TABLE, account.table],
  ];
}

/** @param value - of a variable of the call @returns undefined when flags or creation are missing, or something does not read */
export function unpackAccount(value: (name: string) => string | undefined): UnpackedAccount | undefined {
  const flags = value(FLAGS);
  const created = value(CREATED);
  const core = value(CORE);
  if (flags === undefined || flags.length < 8 || created === undefined || core === undefined) return undefined;
  const reader = new Reader(core);
  const [method, fromTag, toTag, callId, code, reason] = [
    reader.text(),
    reader.text(),
    reader.text(),
    reader.text(),
    reader.text(),
    reader.text(),
  ];
  const startAt = reader.instant();
  const extras = pairs(new Reader(value(EXTRA) ?? short(0)));
  const legReader = new Reader(value(LEG) ?? short(0));
  const legs: (readonly (readonly [string, string])[])[] = [];
  for (let left = legReader.short(); left > 0 && !legReader.isBroken; left--) legs.push(pairs(legReader));
  if (reader.isBroken || legReader.isBroken || startAt <= 0) return undefined;
  const bit = (at: number): number => flags.charCodeAt(at);
  return {
    method,
    fromTag,
    toTag,
    callId,
    code,
    reason,
    startAt,
    createdAt: new Reader(created).instant(),
    types: bit(0),
    cdr: bit(1),
    missed: bit(2),
    failed: bit(3),
    table: value(TABLE) ?? "",
    extras,
    legs,
  };
}

function pairs(reader: Reader): (readonly [string, string])[] {
  const found: (readonly [string, string])[] = [];
  for (let left = reader.short(); left > 0 && !reader.isBroken; left--) found.push([reader.text(), reader.text()]);
  return found;
}

function short(value: number): string {
  return String.fromCharCode(value & 0xff, (value >> 8) & 0xff);
}

/** Bytes, with their number before them. */
function text(value: string): string {
  const bytes = latin1(bytesOf(value.slice(0, 0xffff)));
  return short(bytes.length) + bytes;
}

/** Milliseconds in 8 bytes. */
function instant(at: EpochMs): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(Math.round(at)));
  return latin1(bytes);
}

/** Reads what the functions above have written; what is cut off makes it `isBroken`. */
class Reader {
  isBroken = false;
  readonly #text: string;
  #at = 0;

  constructor(source: string) {
    this.#text = source;
  }

  short(): number {
    const bytes = this.#take(2);
    return bytes === "" ? 0 : bytes.charCodeAt(0) | (bytes.charCodeAt(1) << 8);
  }

  text(): string {
    return this.#take(this.short());
  }

  instant(): EpochMs {
    const bytes = this.#take(8);
    return bytes === "" ? 0 : Number(bytesOf(bytes).readBigInt64LE());
  }

  #take(length: number): string {
    const end = this.#at + length;
    if (end > this.#text.length) {
      this.isBroken = true;
      return "";
    }
    const taken = this.#text.slice(this.#at, end);
    this.#at = end;
    return taken;
  }
}
