// A reply as text, in pieces: `jsonrpc`, then `result` or `error`, then `id` (MI-2).
import { MiError } from "./errors.ts";
import type { JsonValue } from "./json.ts";
import { Listing } from "./listing.ts";

/** The `id` of a request as it is echoed. */
export type RequestId = string | number | null;

/** A reply on its way out: pull until it ends, at any pace. A short reply is a single piece. */
export type Pieces = Iterable<string>;

/**
 * Writes a reply.
 * @param indent - spaces per level; 0 is compact, without any line break (MI-9)
 */
export function writeReply(outcome: JsonValue | Listing | MiError, id: RequestId, indent: number): Pieces {
  if (outcome instanceof Listing) return writeListing(outcome, id, indent);
  const body = outcome instanceof MiError ? { error: errorMember(outcome) } : { result: outcome };
  return [JSON.stringify({ jsonrpc: "2.0", ...body, id }, undefined, indent)];
}

/** Writes the replies of a batch, in order. */
export function* writeBatch(replies: readonly Pieces[], indent: number): Generator<string, void, undefined> {
  const gap = indent > 0 ? "\n" : "";
  let before = `[${gap}`;
  for (const reply of replies) {
    yield before;
    yield* reply;
    before = `,${gap}`;
  }
  yield `${gap}]`;
}

function errorMember({ code, message, data }: MiError): JsonValue {
  return data === undefined ? { code, message } : { code, message, data };
}

function* writeListing({ head, key, items }: Listing, id: RequestId, indent: number): Generator<string, void, undefined> {
  const nest = (level: number): string => (indent > 0 ? `\n${" ".repeat(level * indent)}` : "");
  const colon = indent > 0 ? ": " : ":";
  const level = key === undefined ? 1 : 2;
  const write = (value: JsonValue, at: number): string => {
    const compact = JSON.stringify(value, undefined, indent);
    return indent > 0 ? compact.replaceAll("\n", nest(at)) : compact;
  };
  let open = `{${nest(1)}"jsonrpc"${colon}"2.0",${nest(1)}"result"${colon}`;
  if (key !== undefined) {
    open += "{";
    for (const [name, value] of Object.entries(head)) open += `${nest(2)}${JSON.stringify(name)}${colon}${write(value, 2)},`;
    open += `${nest(2)}${JSON.stringify(key)}${colon}`;
  }
  open += "[";
  for (const item of items) {
    yield `${open}${nest(level + 1)}${write(item, level + 1)}`;
    open = ",";
  }
  // an empty list has not been opened yet, and stays on one line
  const shut = open === "," ? `${nest(level)}]` : `${open}]`;
  yield `${shut}${key === undefined ? "" : `${nest(1)}}`},${nest(1)}"id"${colon}${JSON.stringify(id)}${nest(0)}}`;
}
