// Recurring times of `check_time_rec` (RFC 2445 section 4.3.10): dtstart|dtend|duration|freq|until|interval|byday|bymday|byyday|byweekno|bymonth.
// Everything is reckoned on a local clock: moments are milliseconds since 1970 as if that clock were UTC.
import { civilTime, daysOf, monthDays, msOf, yearDays } from "../../calendar.ts";

const DAY_MS = 86_400_000;
const WEEKDAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
/** Longest duration that is looked back over, in days. */
const MAX_DAYS = 366;

/** One weekday of `byday`; `nth` counts within the month or year, from the end when negative, 0 for each of them. */
interface DayRule {
  readonly nth: number;
  readonly weekday: number;
}

/** A recurring time. */
export interface Recurrence {
  /** Undefined: always. */
  readonly start: number | undefined;
  /** Undefined: without freq, for ever; with one, to the end of the day. */
  readonly durationMs: number | undefined;
  readonly freq: "daily" | "weekly" | "monthly" | "yearly" | undefined;
  readonly until: number | undefined;
  readonly interval: number;
  readonly byDay: readonly DayRule[] | undefined;
  readonly byMonthDay: readonly number[] | undefined;
  readonly byYearDay: readonly number[] | undefined;
  readonly byWeek: readonly number[] | undefined;
  readonly byMonth: readonly number[] | undefined;
}

/**
 * Reads a recurring time. Fields at the end may be left out.
 * @param zoneMs - local time ahead of UTC, for times that end in `Z`
 * @returns what is wrong with it otherwise
 */
export function parseRecurrence(text: string, zoneMs = 0): Recurrence | string {
  const fields = text.split("|").map((field) => field.trim().toUpperCase());
  if (fields.length > 11) return "more than 11 fields";
  const problems: string[] = [];
  const read = <T>(i: number, what: string, parse: (field: string) => T | undefined): T | undefined => {
    const field = fields[i] ?? "";
    if (field === "") return undefined;
    const value = parse(field);
    if (value === undefined) problems.push(`${what} <${field}> does not read`);
    return value;
  };
  const start = read(0, "dtstart", (field) => readMoment(field, zoneMs));
  const end = read(1, "dtend", (field) => readMoment(field, zoneMs));
  const duration = read(2, "duration", readDuration);
  const recurrence: Recurrence = {
    start,
    durationMs: end !== undefined && start !== undefined ? end - start : duration,
    freq: read(3, "freq", readFreq),
    until: read(4, "until", (field) => readMoment(field, zoneMs)),
    interval: read(5, "interval", (field) => readInteger(field, 1, 100_000)) ?? 1,
    byDay: read(6, "byday", readDays),
    byMonthDay: read(7, "bymday", (field) => readList(field, 31)),
    byYearDay: read(8, "byyday", (field) => readList(field, 366)),
    byWeek: read(9, "byweekno", (field) => readList(field, 53)),
    byMonth: read(10, "bymonth", (field) => readList(field, 12)),
  };
  if (problems[0] !== undefined) return problems[0];
  if (recurrence.start === undefined && (recurrence.freq !== undefined || recurrence.durationMs !== undefined)) return "dtstart is missing";
  if (recurrence.durationMs !== undefined && recurrence.durationMs < 0) return "dtend is before dtstart";
  return recurrence;
}

/** Whether a moment of the local clock lies in one of the recurring times. Its ends belong to it. */
export function isWithin(recurrence: Recurrence, now: number): boolean {
  const { start, until, durationMs } = recurrence;
  if (until !== undefined && now > until) return false;
  if (start === undefined) return true;
  if (now < start) return false;
  if (recurrence.freq === undefined) return durationMs === undefined || now <= start + durationMs;
  const startDay = Math.floor(start / DAY_MS);
  const timeOfDay = start - startDay * DAY_MS;
  const lengthMs = durationMs ?? DAY_MS - 1 - timeOfDay;
  const today = Math.floor(now / DAY_MS);
  const back = Math.min(Math.ceil((lengthMs + timeOfDay) / DAY_MS), MAX_DAYS);
  // one that began some days ago may still be going on
  for (let day = today; day >= today - back && day >= startDay; day--) {
    const from = day * DAY_MS + timeOfDay;
    if (from <= now && now <= from + lengthMs && begins(recurrence, startDay, day)) return true;
  }
  return false;
}

// Whether the rules let it begin on a day (counted from 1970).
function begins(rule: Recurrence, startDay: number, day: number): boolean {
  const date = civilTime(day * DAY_MS);
  const first = civilTime(startDay * DAY_MS);
  if (rule.byMonth !== undefined && !rule.byMonth.includes(date.month)) return false;
  if (rule.byMonthDay !== undefined && !isListed(rule.byMonthDay, date.day, monthDays(date.year, date.month))) return false;
  if (rule.byYearDay !== undefined && !isListed(rule.byYearDay, date.yearday, yearDays(date.year))) return false;
  if (rule.byWeek !== undefined && !isListed(rule.byWeek, weekOf(day), weeksOf(date.year))) return false;
  if (rule.byDay !== undefined && !isDay(rule, day)) return false;
  const hasDay = rule.byDay !== undefined || rule.byMonthDay !== undefined || rule.byYearDay !== undefined || rule.byWeek !== undefined;
  switch (rule.freq) {
    case "daily":
      return (day - startDay) % rule.interval === 0;
    case "weekly":
      if (!hasDay && date.weekday !== first.weekday) return false;
      return ((mondayOf(day) - mondayOf(startDay)) / 7) % rule.interval === 0;
    case "monthly":
      if (!hasDay && date.day !== first.day) return false;
      return ((date.year - first.year) * 12 + date.month - first.month) % rule.interval === 0;
    case "yearly":
      if (!hasDay && (date.day !== first.day || (rule.byMonth === undefined && date.month !== first.month))) return false;
      return (date.year - first.year) % rule.interval === 0;
    case undefined:
      return true;
  }
}

function isListed(list: readonly number[], value: number, count: number): boolean {
  return list.includes(value) || list.includes(value - count - 1);
}

function isDay(rule: Recurrence, day: number): boolean {
  const date = civilTime(day * DAY_MS);
  const isYear = rule.freq === "yearly" && rule.byMonth === undefined;
  const index = isYear ? date.yearday : date.day;
  const count = isYear ? yearDays(date.year) : monthDays(date.year, date.month);
  const fromStart = Math.floor((index - 1) / 7) + 1;
  const fromEnd = -(Math.floor((count - index) / 7) + 1);
  return (rule.byDay ?? []).some(({ nth, weekday }) => weekday === date.weekday && (nth === 0 || nth === fromStart || nth === fromEnd));
}

function mondayOf(day: number): number {
  // 1970-01-01 was a Thursday
  return day - ((((day + 3) % 7) + 7) % 7);
}

// ISO 8601: the week with the year's first Thursday is the first.
function weekOf(day: number): number {
  const thursday = mondayOf(day) + 3;
  return Math.ceil(civilTime(thursday * DAY_MS).yearday / 7);
}

function weeksOf(year: number): number {
  return weekOf(daysOf(year, 12, 28));
}

// YYYYMMDD[THHMMSS[Z]].
function readMoment(text: string, zoneMs: number): number | undefined {
  const digits = (from: number, length: number): number =>
    Number(isDigits(text.slice(from, from + length), length) ? text.slice(from, from + length) : "NaN");
  const year = digits(0, 4);
  const month = digits(4, 2);
  const day = digits(6, 2);
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= 31) || Number.isNaN(year)) return undefined;
  if (text.length === 8) return msOf(year, month, day);
  const isUtc = text.length === 16 && text.endsWith("Z");
  const [hour, minute, second] = [digits(9, 2), digits(11, 2), digits(13, 2)];
  if (text.charAt(8) !== "T" || (text.length !== 15 && !isUtc)) return undefined;
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return undefined;
  return msOf(year, month, day, hour, minute, second) + (isUtc ? zoneMs : 0);
}

const UNITS: Readonly<Record<string, number>> = { W: 7 * 86_400, D: 86_400, H: 3600, M: 60, S: 1 };

// P30D, PT8H30M, P1W.
function readDuration(text: string): number | undefined {
  let at = text.startsWith("+") ? 1 : 0;
  if (text.charAt(at) !== "P" || at + 1 === text.length) return undefined;
  let seconds = 0;
  for (at++; at < text.length; ) {
    if (text.charAt(at) === "T" && at + 1 < text.length) {
      at++;
      continue;
    }
    const from = at;
    while (isDigits(text.charAt(at), 1)) at++;
    const unit = UNITS[text.charAt(at)];
    if (at === from || at - from > 6 || unit === undefined) return undefined;
    seconds += Number(text.slice(from, at)) * unit;
    at++;
  }
  return seconds * 1000;
}

function readFreq(text: string): Recurrence["freq"] {
  const freq = text.toLowerCase();
  return freq === "daily" || freq === "weekly" || freq === "monthly" || freq === "yearly" ? freq : undefined;
}

function readDays(text: string): readonly DayRule[] | undefined {
  const days: DayRule[] = [];
  for (const word of text.split(",")) {
    const name = word.trim();
    const weekday = WEEKDAYS.indexOf(name.slice(-2));
    const nth = name.length > 2 ? readInteger(name.slice(0, -2), -53, 53) : 0;
    if (weekday < 0 || nth === undefined) return undefined;
    days.push({ nth, weekday });
  }
  return days;
}

function readList(text: string, most: number): readonly number[] | undefined {
  const values: number[] = [];
  for (const word of text.split(",")) {
    const value = readInteger(word.trim(), -most, most);
    if (value === undefined || value === 0) return undefined;
    values.push(value);
  }
  return values;
}

function readInteger(text: string, least: number, most: number): number | undefined {
  const unsigned = text.startsWith("-") || text.startsWith("+") ? text.slice(1) : text;
  if (unsigned === "" || !isDigits(unsigned, unsigned.length) || unsigned.length > 6) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
}

function isDigits(text: string, length: number): boolean {
  if (text.length !== length || length === 0) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) < 48 || text.charCodeAt(i) > 57) return false;
  return true;
}
