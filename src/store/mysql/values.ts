// Values of columns as MySQL's driver takes and gives them.
import type { SqlRow, SqlValue } from "../ports.ts";

/** What the driver's prepared statements take. Integers go as text where a double would not hold them. */
export type Parameter = string | number | Buffer | null;

/** One value for a parameter. */
export function toParameter(value: SqlValue | undefined): Parameter {
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") return String(value);
  if (typeof value === "object") return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return value;
}

/** The most bytes that a value can take on the wire; text is not measured but judged by its length. */
export function mostBytes(value: SqlValue | undefined): number {
  if (typeof value === "string") return value.length * 3 + 9;
  if (typeof value === "object" && value !== null) return value.byteLength + 9;
  return 24;
}

/** The bytes that it does take. */
export function wireBytes(value: SqlValue | undefined): number {
  return typeof value === "string" ? Buffer.byteLength(value) + 9 : mostBytes(value);
}

/** MYSQL_TYPE_LONGLONG: 64-bit integers, which the driver is told to hand over as text. */
const LONGLONG = 8;

/** Which columns of a result hold 64-bit integers. */
export function bigColumns(fields: readonly { readonly columnType?: number | undefined }[]): readonly boolean[] {
  return fields.map(({ columnType }) => columnType === LONGLONG);
}

/**
 * A row as the driver read it.
 * @param big - which of its columns hold 64-bit integers
 */
export function toRow(values: readonly unknown[], big: readonly boolean[]): SqlRow {
  return values.map((value, i): SqlValue => {
    if (value === null || value === undefined) return null;
    if (typeof value === "string") return big[i] === true ? BigInt(value) : value;
    if (typeof value === "number" || typeof value === "bigint") return value;
    // a copy: the driver's is a piece of what the socket gave
    if (value instanceof Uint8Array) return new Uint8Array(value);
    return String(value);
  });
}
