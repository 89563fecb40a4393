// Values of columns as PostgreSQL's driver takes them and as its server writes them (text format).
import type { SqlValue } from "../ports.ts";

/** What the wire takes: text, bytes, NULL. */
export type WireValue = string | Buffer | null;

/** One value for a parameter. The server makes of the text what the column is. */
export function toWire(value: SqlValue | undefined): WireValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (typeof value === "object") return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return String(value);
}

/** Makes a value of the text of one column. */
export type ReadColumn = (text: string) => SqlValue;

const asText: ReadColumn = (text) => text;
const asNumber: ReadColumn = (text) => Number(text);
const asBytes: ReadColumn = (text) => {
  const bytes = Buffer.from(text.slice(2), "hex");
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};

/** By the ids of types in the server's catalogue: bool, bytea, int8, int2, int4, oid, float4, float8. Times, numerics and the rest stay text. */
const READERS: ReadonlyMap<number, ReadColumn> = new Map([
  [16, (text) => (text === "t" ? 1 : 0)],
  [17, asBytes],
  [20, (text) => BigInt(text)],
  [21, asNumber],
  [23, asNumber],
  [26, asNumber],
  [700, asNumber],
  [701, asNumber],
]);

/** How to read a column of a type. */
export function columnReader(typeId: number): ReadColumn {
  return READERS.get(typeId) ?? asText;
}
