// Small makers, so that a table of variables reads as a table.
import type { Accessor, BoundVariable, VariableDefinition } from "../module.ts";
import type { Run } from "../run.ts";
import { printed, type Value } from "../values.ts";
import { inContext } from "./context.ts";

/** How a variable is read. */
export type Reader = (run: Run) => Value;
/** How it is written; false when it failed and the reason has been logged. */
export type Writer = (run: Run, value: Value, isReplacing: boolean) => boolean;

/** A variable without parentheses and without index. */
export function plain(name: string, read: Reader, write?: Writer): VariableDefinition {
  return {
    name,
    inner: "none",
    isWritable: write !== undefined,
    bind(reference) {
      refuseIndex(reference);
      return inContext(reference, write === undefined ? { read } : { read, write });
    },
  };
}

/**
 * A variable whose parentheses hold one of a few words: `$socket_in(port)`.
 * @param fields - readers by word; "" stands for no parentheses
 */
export function fielded(name: string, fields: Readonly<Record<string, Reader>>, write?: Writer): VariableDefinition {
  const words = new Map(Object.entries(fields));
  const whole = words.get("");
  return {
    name,
    inner: whole === undefined ? "required" : "optional",
    isWritable: write !== undefined,
    bind(reference) {
      refuseIndex(reference);
      const { inner } = reference;
      if (typeof inner === "function") {
        const read = (run: Run): Value => {
          const word = inner(run);
          return word === undefined ? null : (words.get(word)?.(run) ?? null);
        };
        return inContext(reference, { read });
      }
      const read = words.get(inner ?? "");
      if (read === undefined) {
        const known = [...words.keys()].filter((word) => word !== "").join(", ");
        reference.fault(-1, `unknown name <${inner}> in $${name}`, `it may be ${known}`);
        return NOTHING;
      }
      return inContext(reference, write === undefined || inner !== undefined ? { read } : { read, write });
    },
  };
}

/** A variable with a free name in its parentheses and no index: `$env(HOME)`. */
export function named(
  name: string,
  read: (run: Run, inner: string) => Value,
  write?: (run: Run, inner: string, value: Value) => boolean,
): VariableDefinition {
  return {
    name,
    inner: "required",
    isWritable: write !== undefined,
    bind(reference) {
      refuseIndex(reference);
      const inner = innerOf(reference);
      const reader = (run: Run): Value => {
        const text = typeof inner === "string" ? inner : inner(run);
        return text === undefined ? null : read(run, text);
      };
      if (write === undefined) return inContext(reference, { read: reader });
      const writer = (run: Run, value: Value): boolean => {
        const text = typeof inner === "string" ? inner : inner(run);
        return text !== undefined && write(run, text, value);
      };
      return inContext(reference, { read: reader, write: writer });
    },
  };
}

/** A name that exists in OpenSIPS and has no meaning here: using it is a fault. */
export function unsupported(name: string): VariableDefinition {
  return {
    name,
    inner: "optional",
    isWritable: true,
    bind(reference) {
      reference.fault(-1, `variable $${name} exists in OpenSIPS but is not supported by Dialoom`);
      return NOTHING;
    },
  };
}

/** Reads NULL and refuses to be written. */
export const NOTHING: Accessor = Object.freeze({ read: () => null, write: () => false });

/** What stands in the parentheses; "" when they are missing, which the definition's `inner` should have refused. */
export function innerOf(reference: BoundVariable): string | ((run: Run) => string | undefined) {
  return reference.inner ?? "";
}

/** Faults an index where there can be none. */
export function refuseIndex(reference: BoundVariable): void {
  if (reference.index !== undefined) reference.fault(-1, `index not accepted in $${reference.name}`);
}

/**
 * The accessor of a variable with several values, by the index of the reference: one of them, or all joined by ", ".
 * Without an index the first.
 */
export function indexed(reference: BoundVariable, items: (run: Run) => readonly Value[]): Accessor {
  const { index } = reference;
  if (index === "append") {
    reference.fault(-1, `index [append] not accepted in $${reference.name}`);
    return NOTHING;
  }
  if (index === "*") return inContext(reference, { read: (run) => joined(items(run)), all: items });
  if (typeof index === "function") {
    const read = (run: Run): Value => {
      const at = index(run);
      return at === undefined ? null : (items(run).at(at) ?? null);
    };
    return inContext(reference, { read, all: items });
  }
  const at = index ?? 0;
  return inContext(reference, { read: (run) => items(run).at(at) ?? null, all: items });
}

/** Values as `[*]` prints them; NULL for none. */
export function joined(values: readonly Value[]): Value {
  return values.length === 0 ? null : values.map(printed).join(", ");
}

/** NULL for what is not there. */
export function orNull(text: string | undefined): Value {
  return text ?? null;
}

/** NULL for an empty text. */
export function filled(text: string | undefined): Value {
  return text === undefined || text === "" ? null : text;
}
