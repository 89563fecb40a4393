// {s.…}: lengths, pieces, padding.
import { Dual, int32, type Value } from "../values.ts";
import { nothing, simple, type TransformationDefinition, unsupported, withParameters } from "./definition.ts";

/** Longest text that padding makes. */
const MAX_WIDTH = 65_535;

/** The transformations of class `s` that work on characters. */
export function textTransformations(): readonly TransformationDefinition[] {
  return [
    simple("s", "len", (text) => text.length),
    simple("s", "int", leadingNumber),
    select(),
    substr(),
    simple("s", "toupper", (text) => changeCase(text, 97, -32)),
    simple("s", "tolower", (text) => changeCase(text, 65, 32)),
    simple("s", "reverse", reverse),
    simple("s", "trim", (text) => text.slice(leftEnd(text), Math.max(leftEnd(text), rightEnd(text)))),
    simple("s", "triml", (text) => text.slice(leftEnd(text))),
    simple("s", "trimr", (text) => text.slice(0, rightEnd(text))),
    find("index", (text, wanted, start) => text.indexOf(wanted, start)),
    find("rindex", (text, wanted, start) => text.lastIndexOf(wanted, start)),
    fill("fill.left", (text, padding) => padding + text),
    fill("fill.right", (text, padding) => text + padding),
    width(),
    unsupported("s", "eval"),
  ];
}

// Only ASCII letters: the bytes above belong to characters nobody here decodes.
function changeCase(text: string, first: number, shift: number): string {
  let out = "";
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < first || c > first + 25) continue;
    out += text.slice(from, i) + String.fromCharCode(c + shift);
    from = i + 1;
  }
  return out + text.slice(from);
}

function reverse(text: string): string {
  let out = "";
  for (let i = text.length - 1; i >= 0; i--) out += text.charAt(i);
  return out;
}

// The text stays as it is: `12abc` prints so and counts as 12.
function leadingNumber(text: string): Value {
  const sign = text.charCodeAt(0);
  let i = sign === 45 || sign === 43 ? 1 : 0;
  let value = 0;
  while (i < text.length) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) break;
    value = int32(Math.imul(value, 10) + digit);
    i++;
  }
  const int = sign === 45 ? int32(-value) : value;
  return String(int) === text ? int : new Dual(text, int);
}

function select(): TransformationDefinition {
  return withParameters("s", "select", 2, 2, (given) => {
    const index = given.int(0);
    const separator = given.text(1);
    if (given.literal(1) === "") {
      given.site.fault(-1, "{s.select} needs a separator");
      return undefined;
    }
    return (text, run) => {
      const at = index(run);
      const mark = separator(run).charAt(0);
      if (at === undefined || mark === "") return nothing(run, "string", "s.select: bad index or separator");
      return at >= 0 ? fieldFromLeft(text, at, mark) : fieldFromRight(text, -at - 1, mark);
    };
  });
}

function fieldFromLeft(text: string, index: number, mark: string): Value {
  let from = 0;
  for (let left = index; left > 0; left--) {
    const at = text.indexOf(mark, from);
    if (at < 0) return null;
    from = at + 1;
  }
  const end = text.indexOf(mark, from);
  return text.slice(from, end < 0 ? text.length : end);
}

function fieldFromRight(text: string, index: number, mark: string): Value {
  let end = text.length;
  for (let left = index; left > 0; left--) {
    const at = end === 0 ? -1 : text.lastIndexOf(mark, end - 1);
    if (at < 0) return null;
    end = at;
  }
  return text.slice(end === 0 ? 0 : text.lastIndexOf(mark, end - 1) + 1, end);
}

function substr(): TransformationDefinition {
  return withParameters("s", "substr", 2, 2, (given) => {
    const offset = given.int(0);
    const length = given.int(1);
    return (text, run) => {
      const off = offset(run);
      const len = length(run);
      if (off === undefined || len === undefined) return nothing(run, "string", "s.substr: bad offset or length");
      return piece(text, off, len) ?? nothing(run, "string", "s.substr: out of range");
    };
  });
}

/** A piece of a text; undefined when the offset lies outside of it or the length leaves less than nothing. */
export function piece(text: string, offset: number, length: number): string | undefined {
  const from = offset < 0 ? text.length + offset : offset;
  if (from < 0 || (from >= text.length && from > 0)) return undefined;
  const end = length > 0 ? from + length : text.length + length;
  return end < from ? undefined : text.slice(from, end);
}

function leftEnd(text: string): number {
  let i = 0;
  while (i < text.length && isBlank(text.charCodeAt(i))) i++;
  return i;
}

function rightEnd(text: string): number {
  let i = text.length;
  while (i > 0 && isBlank(text.charCodeAt(i - 1))) i--;
  return i;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 13 || code === 10;
}

function find(name: string, search: (text: string, wanted: string, start: number | undefined) => number): TransformationDefinition {
  return withParameters("s", name, 1, 2, (given) => {
    const wanted = given.text(0);
    const start = given.int(1, Number.NaN);
    return (text, run) => {
      const from = start(run);
      if (from === undefined) return nothing(run, "string", `s.${name}: bad start`);
      const at = search(text, wanted(run), Number.isNaN(from) ? undefined : from < 0 ? Math.max(0, text.length + from) : from);
      return at < 0 ? null : at;
    };
  });
}

function fill(name: string, join: (text: string, padding: string) => string): TransformationDefinition {
  return withParameters("s", name, 2, 2, (given) => {
    const pad = given.text(0);
    const wanted = given.int(1);
    return (text, run) => {
      const total = wanted(run);
      const unit = pad(run);
      if (total === undefined || total > MAX_WIDTH || unit === "") return nothing(run, "string", `s.${name}: bad padding or width`);
      const missing = total - text.length;
      return missing <= 0 ? text : join(text, unit.repeat(Math.ceil(missing / unit.length)).slice(0, missing));
    };
  });
}

function width(): TransformationDefinition {
  return withParameters("s", "width", 1, 1, (given) => {
    const wanted = given.int(0);
    return (text, run) => {
      const total = wanted(run);
      if (total === undefined || total < 0 || total > MAX_WIDTH) return nothing(run, "string", "s.width: bad width");
      return text.slice(0, total).padEnd(total, " ");
    };
  });
}
