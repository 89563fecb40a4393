// Civil time from epoch milliseconds, and its text by a strftime format, English names ("C" locale).

/** A moment taken apart. */
export interface CivilTime {
  readonly year: number;
  /** 1–12. */
  readonly month: number;
  /** 1–31. */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** 0–365. */
  readonly yearday: number;
  /** Minutes ahead of UTC. */
  readonly offset: number;
  /** Seconds since 1970. */
  readonly epoch: number;
}

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const MINUTE_S = 60;
const DAY_S = 86_400;

/**
 * Takes a moment apart.
 * @param at - epoch milliseconds
 * @param offset - minutes that the wanted clock is ahead of UTC
 */
export function civilTime(at: number, offset: number): CivilTime {
  const epoch = Math.floor(at / 1000);
  const local = epoch + offset * MINUTE_S;
  const days = Math.floor(local / DAY_S);
  const second = local - days * DAY_S;
  const { year, month, day } = civilDate(days);
  return {
    year,
    month,
    day,
    hour: Math.floor(second / 3600),
    minute: Math.floor(second / MINUTE_S) % 60,
    second: second % 60,
    weekday: (((days + 4) % 7) + 7) % 7,
    yearday: days - daysOf(year, 1, 1),
    offset,
    epoch,
  };
}

// Years are counted from March, so that the leap day is the last of its year; eras of 400 years repeat.
function civilDate(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

/** Days from 1970-01-01 to a date; months 1–12. */
export function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

/** Fills a format in. Conversions that C does not know stay as they are. */
export function strftime(format: string, time: CivilTime): string {
  let out = "";
  for (let i = 0; i < format.length; i++) {
    const c = format.charAt(i);
    if (c !== "%" || i + 1 >= format.length) {
      out += c;
      continue;
    }
    i++;
    // %E and %O ask for another locale's digits; there is none
    if ((format.charAt(i) === "E" || format.charAt(i) === "O") && i + 1 < format.length) i++;
    out += conversion(format.charAt(i), time);
  }
  return out;
}

function conversion(letter: string, time: CivilTime): string {
  switch (letter) {
    case "a":
      return (DAYS[time.weekday] ?? "").slice(0, 3);
    case "A":
      return DAYS[time.weekday] ?? "";
    case "b":
    case "h":
      return (MONTHS[time.month - 1] ?? "").slice(0, 3);
    case "B":
      return MONTHS[time.month - 1] ?? "";
    case "c":
      return strftime("%a %b %e %H:%M:%S %Y", time);
    case "C":
      return two(Math.floor(time.year / 100));
    case "d":
      return two(time.day);
    case "D":
    case "x":
      return strftime("%m/%d/%y", time);
    case "e":
      return String(time.day).padStart(2, " ");
    case "F":
      return strftime("%Y-%m-%d", time);
    case "g":
      return two(isoYear(time) % 100);
    case "G":
      return String(isoYear(time));
    case "H":
      return two(time.hour);
    case "I":
      return two(twelve(time.hour));
    case "j":
      return String(time.yearday + 1).padStart(3, "0");
    case "k":
      return String(time.hour).padStart(2, " ");
    case "l":
      return String(twelve(time.hour)).padStart(2, " ");
    case "m":
      return two(time.month);
    case "M":
      return two(time.minute);
    case "n":
      return "\n";
    case "p":
      return time.hour < 12 ? "AM" : "PM";
    case "P":
      return time.hour < 12 ? "am" : "pm";
    case "r":
      return strftime("%I:%M:%S %p", time);
    case "R":
      return strftime("%H:%M", time);
    case "s":
      return String(time.epoch);
    case "S":
      return two(time.second);
    case "t":
      return "\t";
    case "T":
    case "X":
      return strftime("%H:%M:%S", time);
    case "u":
      return String(time.weekday === 0 ? 7 : time.weekday);
    case "U":
      return two(Math.floor((time.yearday + 7 - time.weekday) / 7));
    case "V":
      return two(isoWeek(time));
    case "w":
      return String(time.weekday);
    case "W":
      return two(Math.floor((time.yearday + 7 - ((time.weekday + 6) % 7)) / 7));
    case "y":
      return two(time.year % 100);
    case "Y":
      return String(time.year);
    case "z":
      return zone(time.offset);
    case "Z":
      return time.offset === 0 ? "UTC" : zone(time.offset);
    case "%":
      return "%";
    default:
      return `%${letter}`;
  }
}

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}

function twelve(hour: number): number {
  return hour % 12 === 0 ? 12 : hour % 12;
}

function zone(offset: number): string {
  const minutes = Math.abs(offset);
  return `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
}

// The week with a year's first Thursday is its week 1 (ISO 8601).
function thursday(time: CivilTime): CivilTime {
  const shift = 3 - ((time.weekday + 6) % 7);
  return civilTime((time.epoch + shift * DAY_S) * 1000, time.offset);
}

function isoYear(time: CivilTime): number {
  return thursday(time).year;
}

function isoWeek(time: CivilTime): number {
  return Math.floor(thursday(time).yearday / 7) + 1;
}
