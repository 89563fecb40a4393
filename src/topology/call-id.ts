// The Call-ID that the callee sees in place of the caller's (flag C), in both directions.
import { fromWord64, toWord64, xorCyclic } from "../kit/index.ts";
import { nextLineAt } from "./lines.ts";
import type { TopologySettings } from "./settings.ts";

type Masking = Pick<TopologySettings, "callIdPrefix" | "callIdPassword" | "callIdLoopProtection">;

/** Parts a Call-ID from the caller's tag behind it. */
const TAG_MARK = "|";

/**
 * The Call-ID for the callee.
 * @param callerTag - goes with it where loops are to be noticed
 */
export function maskCallId(callId: string, callerTag: string, how: Masking): string {
  const plain = how.callIdLoopProtection ? `${callId}${TAG_MARK}${callerTag}` : callId;
  return how.callIdPrefix + toWord64(xorCyclic(plain, how.callIdPassword));
}

/**
 * The caller's Call-ID behind a hidden one.
 * @param ownTag - of whoever sent the message: From tag of a request, To tag of a reply
 * @returns undefined for a Call-ID that is not hidden, or that would be none: it stays as it is
 */
export function unmaskCallId(text: string, ownTag: string, how: Masking): string | undefined {
  const { callIdPrefix } = how;
  if (text.length <= callIdPrefix.length || !text.startsWith(callIdPrefix)) return undefined;
  const hidden = fromWord64(text.slice(callIdPrefix.length));
  if (hidden === undefined) return undefined;
  let plain = xorCyclic(hidden, how.callIdPassword);
  if (how.callIdLoopProtection) {
    const mark = plain.lastIndexOf(TAG_MARK);
    if (mark >= 0) {
      // it went round and has come to its sender: for that one it is a Call-ID like any other
      if (ownTag !== "" && plain.slice(mark + 1) === ownTag) return undefined;
      plain = plain.slice(0, mark);
    }
  }
  return isCallId(plain) ? plain : undefined;
}

/** One word of visible characters. */
function isCallId(text: string): boolean {
  if (text === "") return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c <= 32 || c >= 127) return false;
  }
  return true;
}

/**
 * Puts one Call-ID in the place of another in a message that is about to leave.
 * @returns the text as it is when its Call-ID is another one
 */
export function swapCallId(text: string, from: string, to: string): string {
  for (let at = nextLineAt(text, 0); at > 0 && at < text.length; at = nextLineAt(text, at)) {
    const first = text.charCodeAt(at);
    if (first === 13 || first === 10) break; // the empty line
    if ((first | 32) !== 99 && (first | 32) !== 105) continue;
    const colon = text.indexOf(":", at);
    if (colon < 0) break;
    const name = text.slice(at, colon).trimEnd().toLowerCase();
    if (name !== "call-id" && name !== "i") continue;
    let valueAt = colon + 1;
    while (text.charCodeAt(valueAt) === 32 || text.charCodeAt(valueAt) === 9) valueAt++;
    if (!text.startsWith(from, valueAt)) return text;
    const end = valueAt + from.length;
    const next = text.charCodeAt(end);
    if (next !== 13 && next !== 32 && next !== 9 && next !== 10) return text;
    return text.slice(0, valueAt) + to + text.slice(end);
  }
  return text;
}
