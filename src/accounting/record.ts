// One record: what is written about a transaction or a call. Plain data.
import type { EpochMs, Ms } from "../kit/index.ts";
import type { RecordTypes } from "./types.ts";

/**
 * `answered`: a transaction came to its final answer; `missed`: an INVITE failed; `noted`: a route asked for a record at once;
 * `cdr`: a call is over.
 */
export type RecordKind = "answered" | "missed" | "noted" | "cdr";

/** A record. */
export interface CallRecord {
  readonly kind: RecordKind;
  /** Of a `cdr`: the same however often the end of this call is written down, also after a restart. "" for all others. */
  readonly id: string;
  /** Backends it is for. */
  readonly types: RecordTypes;
  /** When accounting first looked at the answer; of a `cdr` the instant of the answer. */
  readonly at: EpochMs;
  readonly method: string;
  readonly fromTag: string;
  readonly toTag: string;
  readonly callId: string;
  /** Three digits; "" for a note without a code. */
  readonly code: string;
  readonly reason: string;
  /** Whether accounting was asked for before, so that the values below mean something. */
  readonly hasAccount: boolean;
  /** When accounting was asked for; 0 without an account. */
  readonly createdAt: EpochMs;
  /** Whole seconds from then to `at`. */
  readonly setupSeconds: number;
  /** From the answer to the end; −1 for all but a `cdr`. */
  readonly durationMs: Ms;
  readonly extras: ReadonlyMap<string, string>;
  readonly legs: readonly ReadonlyMap<string, string>[];
  /** Table a route named for it; "" for the usual one. */
  readonly table: string;
}

/** Whole seconds of a call, each one begun counted: 3005 ms are 4. */
export function durationSeconds(durationMs: Ms): number {
  return Math.ceil(durationMs / 1000);
}

/** What a note's comment says: `"404 text"` is a code and a reason, other text a reason alone, no text at all nothing. */
export function readComment(comment: string): { readonly code: string; readonly reason: string } {
  const text = comment.trim();
  const hasCode = text.length >= 3 && isDigit(text, 0) && isDigit(text, 1) && isDigit(text, 2) && (text.length === 3 || text[3] === " ");
  if (!hasCode) return { code: "", reason: text };
  return { code: text.slice(0, 3), reason: text.slice(3).trim() };
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}
