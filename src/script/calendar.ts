// Days and dates of the Gregorian calendar, computed: what time it is comes in as milliseconds since 1970.

/** A moment taken apart, in whatever zone it was shifted to before. */
export interface CivilTime {
  readonly year: number;
  /** 1…12. */
  readonly month: number;
  /** 1…31. */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** 1 is the first of January. */
  readonly yearday: number;
}

const DAY_MS = 86_400_000;

/** Days from 1970-01-01 to a date; `month` 1…12, `day` may run over. */
export function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

/** Milliseconds since 1970 of a date and time of day. */
export function msOf(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number {
  return daysOf(year, month, day) * DAY_MS + hour * 3_600_000 + minute * 60_000 + second * 1000;
}

/** Takes a moment apart. @param ms - since 1970, shifted by the zone's offset where local time is wanted */
export function civilTime(ms: number): CivilTime {
  const days = Math.floor(ms / DAY_MS);
  const rest = Math.floor((ms - days * DAY_MS) / 1000);
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return {
    year,
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
    weekday: (((days + 4) % 7) + 7) % 7,
    yearday: days - daysOf(year, 1, 1) + 1,
  };
}

/** Days of a month. */
export function monthDays(year: number, month: number): number {
  return daysOf(month === 12 ? year + 1 : year, month === 12 ? 1 : month + 1, 1) - daysOf(year, month, 1);
}

/** 365 or 366. */
export function yearDays(year: number): number {
  return daysOf(year + 1, 1, 1) - daysOf(year, 1, 1);
}

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The value of a Date header (RFC 3261 section 20.17): `Sat, 13 Nov 2010 23:29:00 GMT`. @param ms - since 1970, UTC */
export function sipDate(ms: number): string {
  const t = civilTime(ms);
  const clock = `${two(t.hour)}:${two(t.minute)}:${two(t.second)}`;
  return `${WEEKDAYS[t.weekday] ?? ""}, ${two(t.day)} ${MONTHS[t.month - 1] ?? ""} ${t.year} ${clock} GMT`;
}

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}
