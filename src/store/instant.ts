// Dates with their time as the reference writes them into columns: `2026-03-01 09:30:00`, in the local time of the process.
import type { EpochMs } from "../kit/index.ts";
import type { SqlValue } from "./ports.ts";

/** The text of an instant; the fraction of the second is lost. */
export function instantText(at: EpochMs): string {
  const date = new Date(at);
  const day = `${four(date.getFullYear())}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/**
 * The instant that a column means: such a text, with or without a fraction, or seconds since 1970.
 * @returns undefined when it is none
 */
export function instantOf(value: SqlValue | undefined): EpochMs | undefined {
  if (typeof value === "number" || typeof value === "bigint") return Number(value) * 1000;
  if (typeof value !== "string" || value.length < 19) return undefined;
  const part = (from: number, to: number): number => {
    const text = value.slice(from, to);
    return isDigits(text) ? Number(text) : Number.NaN;
  };
  const at = new Date(part(0, 4), part(5, 7) - 1, part(8, 10), part(11, 13), part(14, 16), part(17, 19)).getTime();
  return Number.isNaN(at) ? undefined : at;
}

function isDigits(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 48 || text.charCodeAt(i) > 57) return false;
  return true;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

function four(value: number): string {
  return String(value).padStart(4, "0");
}
