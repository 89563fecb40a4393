// The text of a moment by a strftime format, English names ("C" locale).
import { type CivilTime, civilTime } from "../calendar.ts";

/** A moment on a local clock. */
export interface LocalTime extends CivilTime {
  /** Minutes ahead of UTC. */
  readonly offset: number;
  /** Seconds since 1970. */
  readonly epoch: number;
}

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const MINUTE_MS = 60_000;
const DAY_S = 86_400;

/**
 * Takes a moment apart.
 * @param at - epoch milliseconds
 * @param offset - minutes that the wanted clock is ahead of UTC
 */
export function localTimeAt(at: number, offset: number): LocalTime {
  return { ...civilTime(at + offset * MINUTE_MS), offset, epoch: Math.floor(at / 1000) };
}

/** Fills a format in. Conversions that C does not know stay as they are. */
export function strftime(format: string, time: LocalTime): string {
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

function conversion(letter: string, time: LocalTime): string {
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
      return String(time.yearday).padStart(3, "0");
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
      return two(Math.floor((time.yearday + 6 - time.weekday) / 7));
    case "V":
      return two(isoWeek(time));
    case "w":
      return String(time.weekday);
    case "W":
      return two(Math.floor((time.yearday + 6 - ((time.weekday + 6) % 7)) / 7));
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
function thursday(time: LocalTime): LocalTime {
  const shift = 3 - ((time.weekday + 6) % 7);
  return localTimeAt((time.epoch + shift * DAY_S) * 1000, time.offset);
}

function isoYear(time: LocalTime): number {
  return thursday(time).year;
}

function isoWeek(time: LocalTime): number {
  return Math.ceil(thursday(time).yearday / 7);
}
