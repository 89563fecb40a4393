// What RTPProxy says on its notification connection: one line for each call whose media stopped, and for each DTMF digit.

/** One line, understood. */
export type RtpproxyNotice =
  | { readonly kind: "timeout"; readonly did: string }
  | {
      readonly kind: "dtmf";
      readonly digit: string;
      /** Timestamp units; 0 when not told. */
      readonly duration: number;
      readonly volume: number;
      /** A did, or a Call-ID. */
      readonly id: string;
      readonly isCallId: boolean;
      readonly stream: number;
    }
  | { readonly kind: "ignored" }
  | { readonly kind: "bad" };

/** Longest line; a longer one is none of ours. */
export const LONGEST_LINE = 255;
/** Longest did: two numbers of eight digits and a dot fit well. */
const LONGEST_DID = 30;

/** @param line - without its end */
export function readNotice(line: string): RtpproxyNotice {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  switch (text[0]) {
    case "T":
      return isDid(text, 1) ? { kind: "timeout", did: text.slice(1) } : BAD;
    case "D":
      return readDtmf(text);
    case "I":
    case undefined:
      return IGNORED;
    default:
      return BAD;
  }
}

const BAD: RtpproxyNotice = Object.freeze({ kind: "bad" });
const IGNORED: RtpproxyNotice = Object.freeze({ kind: "ignored" });

/** `D<c|d><id> <digit>[ volume[ duration[ stream]]]`. */
function readDtmf(text: string): RtpproxyNotice {
  const [id = "", digit = "", volume, duration, stream, ...more] = text.slice(2).split(" ");
  const isCallId = text[1] === "c";
  if (id === "" || digit.length !== 1 || more.length > 0) return BAD;
  if (!isCallId && (text[1] !== "d" || !isDid(id, 0))) return BAD;
  const numbers = [volume, duration, stream].map(wholeNumber);
  const [v, d, s] = numbers;
  if (v === undefined || d === undefined || s === undefined) return BAD;
  return { kind: "dtmf", digit, volume: v, duration: d, stream: s, id, isCallId };
}

/** `hex.hex`, each of one to eight digits. */
function isDid(text: string, from: number): boolean {
  if (text.length - from > LONGEST_DID) return false;
  const dot = text.indexOf(".", from);
  return dot > from && dot + 1 < text.length && isHex(text, from, dot) && isHex(text, dot + 1, text.length);
}

function isHex(text: string, from: number, to: number): boolean {
  if (to - from > 8) return false;
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i) | 0x20;
    const isDigit = code >= 0x30 && code <= 0x39;
    if (!isDigit && (code < 0x61 || code > 0x66)) return false;
  }
  return true;
}

/** 0 for what was left out; undefined for what is no number of at most nine digits. */
function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined) return 0;
  if (text.length === 0 || text.length > 9) return undefined;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return undefined;
  }
  return Number(text);
}
