// The branch of our own Via (TM-6): z9hG4bK<hash index>.<label>.<branch index>.<keyed tag>.<loop hash>.
// Nobody without the secret can make one that verifies (D-10, S-11).

import type { SipHash } from "../kit/index.ts";

const COOKIE = "z9hG4bK";
/** `.` + 8 + `.` + 8 at the end. */
const TAIL = 18;
const DIGITS = "0123456789abcdef";
const BYTES: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));

/** Makes and checks branches. */
export class BranchCodec {
  readonly #hash: SipHash;

  /** @param hash - keyed with the node's secret */
  constructor(hash: SipHash) {
    this.#hash = hash;
  }

  /**
   * A branch of a transaction.
   * @param hashIndex - 0…65535
   * @param label - unsigned 32 bits
   * @param index - which branch of the transaction, 0…
   * @param loopHash - unsigned 32 bits, for the loop check of TM-49; 0 when there is none
   */
  make(hashIndex: number, label: number, index: number, callId: string, loopHash: number): string {
    const head = `${COOKIE}${reversedHex(hashIndex)}.${reversedHex(label)}.${reversedHex(index)}`;
    return `${head}.${hex8(this.#hash.hash(head + callId))}.${hex8(loopHash)}`;
  }

  /**
   * The loop hash of a branch that came back to us.
   * @returns unsigned 32 bits; -1 when the branch is not one we made for this Call-ID
   */
  loopHash(branch: string, callId: string): number {
    const headEnd = branch.length - TAIL;
    if (headEnd <= COOKIE.length || !branch.startsWith(COOKIE)) return -1;
    if (branch.charCodeAt(headEnd) !== 46 || branch.charCodeAt(headEnd + 9) !== 46) return -1;
    const tag = readHex8(branch, headEnd + 1);
    const loop = readHex8(branch, headEnd + 10);
    if (tag < 0 || loop < 0) return -1;
    return this.#hash.hash(branch.slice(0, headEnd) + callId) === tag ? loop : -1;
  }
}

/**
 * The label in a branch.
 * @returns -1 when it does not look like one of ours; whether it is ours the whole branch must tell
 */
export function labelOf(branch: string): number {
  let at = COOKIE.length;
  const { length } = branch;
  while (at < length && branch.charCodeAt(at) !== 46) at++;
  at++;
  let label = 0;
  for (let digits = 0; at < length; at++, digits++) {
    const code = branch.charCodeAt(at);
    if (code === 46) return digits === 0 ? -1 : label >>> 0;
    const digit = hexDigit(code);
    if (digit < 0 || digits >= 8) return -1;
    label |= digit << (4 * digits);
  }
  return -1;
}

/**
 * The branch index in a branch.
 * @returns -1 when it does not look like one of ours; whether it is ours the whole branch must tell
 */
export function branchIndexOf(branch: string): number {
  const end = branch.length - TAIL;
  let at = branch.lastIndexOf(".", end - 1) + 1;
  if (at <= COOKIE.length || end - at > 2) return -1;
  let index = 0;
  for (let shift = 0; at < end; at++, shift += 4) {
    const digit = hexDigit(branch.charCodeAt(at));
    if (digit < 0) return -1;
    index |= digit << shift;
  }
  return index;
}

/** 16 bits of Call-ID and CSeq number: what `t_hash` and transaction ids show. */
export function hashIndexOf(callId: string, cseqNumber: number): number {
  let mix = cseqNumber | 0;
  for (let i = 0; i < callId.length; i++) mix = (Math.imul(mix, 31) + callId.charCodeAt(i)) | 0;
  return (mix ^ (mix >>> 16)) & 0xffff;
}

/** Hexadecimal, least significant digit first, at least one digit. */
function reversedHex(value: number): string {
  let out = "";
  let rest = value >>> 0;
  do {
    out += DIGITS[rest & 15];
    rest >>>= 4;
  } while (rest !== 0);
  return out;
}

function hex8(value: number): string {
  return `${BYTES[value >>> 24]}${BYTES[(value >>> 16) & 255]}${BYTES[(value >>> 8) & 255]}${BYTES[value & 255]}`;
}

/** @returns -1 when one of the eight is not a lower-case hex digit */
function readHex8(text: string, at: number): number {
  let value = 0;
  for (let i = at; i < at + 8; i++) {
    const digit = hexDigit(text.charCodeAt(i));
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** @returns -1 when it is not a lower-case hex digit */
function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 97 && code <= 102 ? code - 87 : -1;
}
