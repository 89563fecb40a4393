// Byte classes and the small scanners every parser of this room is built from.
// A message is a latin1 string, so a char code is a byte. All scanners are linear and bounded by `end`.

const TOKEN = 1;
const HOST = 2;
const CONTROL = 4;
const SCHEME = 8;
const URI_STOP = 16;
const UNRESERVED = 32;
const PARAM_STOP = 64;
const ADDRESS_STOP = 128;

function classes(): Uint8Array {
  const table = new Uint8Array(256);
  const add = (chars: string, bit: number): void => {
    for (let i = 0; i < chars.length; i++) table[chars.charCodeAt(i)] = (table[chars.charCodeAt(i)] ?? 0) | bit;
  };
  const alnum = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  add(`${alnum}-.!%*_+\`'~`, TOKEN);
  // The underscore is not in RFC 3261's hostname, but names in the field have it.
  add(`${alnum}-._`, HOST);
  add(`${alnum}+-.`, SCHEME);
  add(`${alnum}-_.!~*'()`, UNRESERVED);
  // What ends or spoils a URI wherever it stands: spaces, brackets and quotes.
  add(' \t<>"', URI_STOP);
  // What a parameter's value is looked through for, and what a display name or addr-spec is.
  add(';,"', PARAM_STOP);
  add('<";', ADDRESS_STOP);
  const everywhere = CONTROL | URI_STOP | PARAM_STOP | ADDRESS_STOP;
  for (let c = 0; c < 32; c++) if (c !== 9) table[c] = (table[c] ?? 0) | everywhere;
  table[127] = (table[127] ?? 0) | everywhere;
  return table;
}

const CLASS: Uint8Array = classes();

/** Whether a byte may stand in a token (RFC 3261 §25.1). */
export function isTokenChar(code: number): boolean {
  return ((CLASS[code] ?? 0) & TOKEN) !== 0;
}

/** Whether a byte may stand in a host name or IPv4 address. */
export function isHostChar(code: number): boolean {
  return ((CLASS[code] ?? 0) & HOST) !== 0;
}

/** Whether a byte may stand in a URI scheme (RFC 3986 §3.1). */
export function isSchemeChar(code: number): boolean {
  return ((CLASS[code] ?? 0) & SCHEME) !== 0;
}

/** Whether a byte is a control byte other than the tab. */
export function isControl(code: number): boolean {
  return ((CLASS[code] ?? 0) & CONTROL) !== 0;
}

/** Whether a byte can never stand unescaped inside a URI: space, tab, controls, `<`, `>`, `"`. */
export function isUriStop(code: number): boolean {
  return ((CLASS[code] ?? 0) & URI_STOP) !== 0;
}

/** Whether a byte ends a parameter or needs a closer look there: `;`, `,`, `"`, controls. */
export function isParamStop(code: number): boolean {
  return ((CLASS[code] ?? 0) & PARAM_STOP) !== 0;
}

/** Whether a byte matters while the URI of an address is looked for: `<`, `"`, `;`, controls. */
export function isAddressStop(code: number): boolean {
  return ((CLASS[code] ?? 0) & ADDRESS_STOP) !== 0;
}

/** Whether a byte is RFC 3261's `unreserved`: its escaped and plain forms are the same (§19.1.4). */
export function isUnreserved(code: number): boolean {
  return ((CLASS[code] ?? 0) & UNRESERVED) !== 0;
}

/** Whether a code is `0`–`9`. */
export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Whether a code is a space or a tab. */
export function isSpace(code: number): boolean {
  return code === 32 || code === 9;
}

/** The value of a hexadecimal digit, or -1. */
export function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** First offset at or after `at` that is neither space nor tab. */
export function skipSpace(text: string, at: number, end: number): number {
  let i = at;
  while (i < end) {
    const c = text.charCodeAt(i);
    if (c !== 32 && c !== 9) break;
    i++;
  }
  return i;
}

/** First offset at or after `at` that is not white space of a folded line: space, tab, CR, LF. */
export function skipFold(text: string, at: number, end: number): number {
  let i = at;
  while (i < end) {
    const c = text.charCodeAt(i);
    if (c !== 32 && c !== 9 && c !== 13 && c !== 10) break;
    i++;
  }
  return i;
}

/** The smallest `end` that loses no byte but trailing space, tab, CR and LF. */
export function trimEnd(text: string, from: number, end: number): number {
  let i = end;
  while (i > from) {
    const c = text.charCodeAt(i - 1);
    if (c !== 32 && c !== 9 && c !== 13 && c !== 10) break;
    i--;
  }
  return i;
}

/**
 * Steps over a quoted string.
 * @param at - offset of the opening quote
 * @returns the offset after the closing quote, or -1 when it is never closed
 */
export function skipQuoted(text: string, at: number, end: number): number {
  for (let i = at + 1; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c === 34) return i + 1;
    if (c === 92) i++;
  }
  return -1;
}

/**
 * Reads a plain decimal number. Signs, spaces and hexadecimal are refused; leading zeros are not.
 * @returns the value, or -1 when empty, not decimal, or above `max`
 */
export function decimal(text: string, from: number, end: number, max: number): number {
  if (from >= end) return -1;
  let value = 0;
  for (let i = from; i < end; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
    if (value > max) return -1;
  }
  return value;
}

/** Whether `text` holds `lower` at `at`, ASCII case ignored. `lower` must be lower case. */
export function matchesAt(text: string, at: number, lower: string): boolean {
  for (let i = 0; i < lower.length; i++) {
    let c = text.charCodeAt(at + i);
    if (c >= 65 && c <= 90) c |= 32;
    if (c !== lower.charCodeAt(i)) return false;
  }
  return true;
}

/** Whether two strings are equal, ASCII case ignored. */
export function equalsIgnoreCase(a: string, b: string): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    let x = a.charCodeAt(i);
    let y = b.charCodeAt(i);
    if (x >= 65 && x <= 90) x |= 32;
    if (y >= 65 && y <= 90) y |= 32;
    if (x !== y) return false;
  }
  return true;
}

/**
 * Takes the folds out of a header value: each line end with the white space after it becomes one space (M-11).
 * A value without a fold comes back as it is.
 */
export function unfold(value: string): string {
  let lf = value.indexOf("\n");
  if (lf < 0) return value;
  let out = "";
  let from = 0;
  while (lf >= 0) {
    out += `${value.slice(from, trimEnd(value, from, lf))} `;
    from = skipFold(value, lf, value.length);
    lf = value.indexOf("\n", from);
  }
  return out + value.slice(from);
}

/** Whether a text may be put into a header: no CR, LF or NUL (S-10). */
export function isCleanHeaderText(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 13 || c === 10 || c === 0) return false;
  }
  return true;
}

/**
 * The offset after the header line that `at` lies in: past its line end and every continuation line (M-11).
 * @returns -1 when the line has no end
 */
export function nextLineAt(text: string, at: number): number {
  let lf = text.indexOf("\n", at);
  while (lf >= 0) {
    const c = text.charCodeAt(lf + 1);
    if (c !== 32 && c !== 9) return lf + 1;
    lf = text.indexOf("\n", lf + 1);
  }
  return -1;
}
