// A list that may have 100,000 entries is never built as a whole: it is written while it leaves, one entry at a time.
import type { JsonObject, JsonValue } from "./json.ts";

export class Listing {
  /** Members that stand before the list. */
  readonly head: JsonObject;
  /** The member that holds the list; `undefined` when the result is the array itself. */
  readonly key: string | undefined;
  /** Walked once, while the reply is being written; must bear changes of what it walks over. An item may be such a list itself. */
  readonly items: Iterable<JsonValue | Listing>;

  constructor(key: string | undefined, items: Iterable<JsonValue | Listing>, head: JsonObject = {}) {
    this.key = key;
    this.items = items;
    this.head = head;
  }
}
