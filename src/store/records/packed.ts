// A record as one text, for the time in which it waits in a file of ours for a server.
import type { CallRecord } from "../../accounting/index.ts";

/** The text of a record. */
export function packRecord(record: CallRecord): string {
  return JSON.stringify({ ...record, extras: [...record.extras], legs: record.legs.map((leg) => [...leg]) });
}

/** @returns undefined for a text that is none */
export function unpackRecord(text: string): CallRecord | undefined {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof found !== "object" || found === null) return undefined;
  const value = (name: string): unknown => Reflect.get(found, name);
  const string = (name: string): string => {
    const given = value(name);
    return typeof given === "string" ? given : "";
  };
  const number = (name: string): number => {
    const given = value(name);
    return typeof given === "number" ? given : 0;
  };
  const kind = (["answered", "missed", "noted", "cdr"] as const).find((one) => one === value("kind"));
  const legs = value("legs");
  if (kind === undefined || number("at") === 0) return undefined;
  return {
    kind,
    id: string("id"),
    types: number("types"),
    at: number("at"),
    method: string("method"),
    fromTag: string("fromTag"),
    toTag: string("toTag"),
    callId: string("callId"),
    code: string("code"),
    reason: string("reason"),
    hasAccount: value("hasAccount") === true,
    createdAt: number("createdAt"),
    setupSeconds: number("setupSeconds"),
    durationMs: number("durationMs"),
    extras: pairs(value("extras")),
    legs: Array.isArray(legs) ? legs.map(pairs) : [],
    table: string("table"),
  };
}

function pairs(given: unknown): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (!Array.isArray(given)) return found;
  for (const pair of given as readonly unknown[]) {
    if (Array.isArray(pair) && typeof pair[0] === "string" && typeof pair[1] === "string") found.set(pair[0], pair[1]);
  }
  return found;
}
