// What drivers give for a column, which is not always the type that was written: numbers as texts, texts as bytes, 64 bits either way.
import type { SqlValue } from "./ports.ts";
import { engineText } from "./text.ts";

/** A text of the engine; undefined for NULL. */
export function readText(value: SqlValue | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return engineText(value);
  return value instanceof Uint8Array ? readBytes(value) : String(value);
}

/** Bytes as a text of the engine. */
function readBytes(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).latin1Slice();
}

/** A whole number that a double holds exactly; undefined for NULL and anything else. */
export function readNumber(value: SqlValue | undefined): number | undefined {
  const number = typeof value === "number" ? value : Number(readInteger(value) ?? Number.NaN);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** A number, whole or not; undefined for NULL and anything else. */
export function readReal(value: SqlValue | undefined): number | undefined {
  const text = typeof value === "string" || value instanceof Uint8Array ? (readText(value) ?? "").trim() : value;
  if (text === null || text === undefined || text === "") return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** A whole number of any size; undefined for NULL and anything else. */
export function readInteger(value: SqlValue | undefined): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (typeof value !== "string") return value instanceof Uint8Array ? readInteger(readBytes(value)) : undefined;
  const digits = value.startsWith("-") ? value.slice(1) : value;
  if (digits === "" || digits.length > 20) return undefined;
  for (let i = 0; i < digits.length; i++) {
    const code = digits.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return undefined;
  }
  return BigInt(value);
}
