// AVPs: named stacks of values, the newest at index 0.
import type { Value } from "./values.ts";

/** The stacks of one transaction. Names are texts; `$avp(2)` is called "2". */
export class AvpStore {
  readonly #stacks = new Map<string, Value[]>();

  /** @param index - 0 is the newest, −1 the oldest @returns null when there is none */
  get(name: string, index = 0): Value {
    const stack = this.#stacks.get(name);
    if (stack === undefined) return null;
    return stack[index < 0 ? -index - 1 : stack.length - 1 - index] ?? null;
  }
  /** Newest first. */
  all(name: string): readonly Value[] {
    return this.#stacks.get(name)?.toReversed() ?? [];
  }
  count(name: string): number {
    return this.#stacks.get(name)?.length ?? 0;
  }
  names(): readonly string[] {
    return [...this.#stacks.keys()];
  }
  /** Makes a value the newest (`=`). */
  push(name: string, value: Value): void {
    const stack = this.#stacks.get(name);
    if (stack === undefined) this.#stacks.set(name, [value]);
    else stack.push(value);
  }
  /** Adds a value as the oldest (`[append]`). */
  append(name: string, value: Value): void {
    const stack = this.#stacks.get(name);
    if (stack === undefined) this.#stacks.set(name, [value]);
    else stack.unshift(value);
  }
  /** Puts another value in place of one. @returns false when there is none at this index */
  replace(name: string, index: number, value: Value): boolean {
    const stack = this.#stacks.get(name);
    if (stack === undefined) return false;
    const at = index < 0 ? -index - 1 : stack.length - 1 - index;
    if (at < 0 || at >= stack.length) return false;
    stack[at] = value;
    return true;
  }
  /** Removes one (`= NULL`). @returns false when there is none at this index */
  remove(name: string, index = 0): boolean {
    const stack = this.#stacks.get(name);
    if (stack === undefined) return false;
    const at = index < 0 ? -index - 1 : stack.length - 1 - index;
    if (at < 0 || at >= stack.length) return false;
    stack.splice(at, 1);
    if (stack.length === 0) this.#stacks.delete(name);
    return true;
  }
  /** Removes all values of a name. */
  clear(name: string): void {
    this.#stacks.delete(name);
  }
}
