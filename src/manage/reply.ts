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

function* writeListing(listing: Listing, id: RequestId, indent: number): Generator<string, void, undefined> {
  const { nest, colon } = layout(indent);
  const open = `{${nest(1)}"jsonrpc"${colon}"2.0",${nest(1)}"result"${colon}`;
  const shut = yield* writeList(listing, open, 1, indent);
  yield `${shut},${nest(1)}"id"${colon}${JSON.stringify(id)}${nest(0)}}`;
}

/**
 * Writes a list item by item.
 * @param before - what stands before it
 * @param level - of the value that the list is
 * @returns what closes it, for the piece that comes next
 */
function* writeList({ head, key, items }: Listing, before: string, level: number, indent: number): Generator<string, string, undefined> {
  const { nest, colon } = layout(indent);
  const write = (value: JsonValue, at: number): string => {
    const compact = JSON.stringify(value, undefined, indent);
    return indent > 0 ? compact.replaceAll("\n", nest(at)) : compact;
  };
  const at = key === undefined ? level : level + 1;
  let open = before;
  if (key !== undefined) {
    open += "{";
    for (const [name, value] of Object.entries(head)) open += `${nest(at)}${JSON.stringify(name)}${colon}${write(value, at)},`;
    open += `${nest(at)}${JSON.stringify(key)}${colon}`;
  }
  open += "[";
  let isEmpty = true;
  for (const item of items) {
    isEmpty = false;
    if (item instanceof Listing) open = `${yield* writeList(item, `${open}${nest(at + 1)}`, at + 1, indent)},`;
    else {
      yield `${open}${nest(at + 1)}${write(item, at + 1)}`;
      open = ",";
    }
  }
  // an empty list has not been opened yet, and stays on one line; what is left to write ends with the comma for an item that did not come
  const shut = isEmpty ? `${open}]` : `${open.slice(0, -1)}${nest(at)}]`;
  return key === undefined ? shut : `${shut}${nest(level)}}`;
}

interface Layout {
  nest(level: number): string;
  readonly colon: string;
}

function layout(indent: number): Layout {
  return { nest: (level) => (indent > 0 ? `\n${" ".repeat(level * indent)}` : ""), colon: indent > 0 ? ": " : ":" };
}
