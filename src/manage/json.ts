// JSON as it comes from outside: bounded in depth before it is parsed, never trusted for its shape.
import { bad, good, type Parsed } from "../kit/index.ts";

export type JsonScalar = string | number | boolean | null;
export type JsonValue = JsonScalar | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Deepest nesting accepted (S-14). */
export const MAX_DEPTH = 32;

/**
 * Reads one JSON text. Takes linear time on any input.
 * @returns `"syntax"` when it is no JSON, `"depth"` when it nests deeper than 32 levels
 */
export function parseJson(text: string): Parsed<JsonValue, "syntax" | "depth"> {
  if (depthOf(text) > MAX_DEPTH) return bad("depth");
  try {
    const value: JsonValue = JSON.parse(text);
    return good(value);
  } catch {
    return bad("syntax");
  }
}

/** An object, and neither an array nor null. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** How deep brackets nest outside of strings; what is no JSON gets some number, and its error from the parser. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth++;
      if (depth > deepest) deepest = depth;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return deepest;
}
