// Variables that hold what a script puts into them: $var, $avp, $bavp.
import { AvpStore } from "../avps.ts";
import type { Accessor, BoundVariable, VariableDefinition } from "../module.ts";
import type { Run, TransactionScope } from "../run.ts";
import type { Value } from "../values.ts";
import { inContext } from "./context.ts";
import { innerOf, joined, NOTHING, refuseIndex } from "./define.ts";

/** `$var` and `$avp`. */
export function storeVariables(): readonly VariableDefinition[] {
  return [varVariable(), avpVariable("avp", (run) => run.avps)];
}

function varVariable(): VariableDefinition {
  return {
    name: "var",
    inner: "required",
    isWritable: true,
    bind(reference) {
      refuseIndex(reference);
      const name = innerOf(reference);
      if (typeof name === "string") {
        return {
          read: (run) => run.vars.get(name) ?? null,
          write(run, value) {
            run.vars.set(name, value);
            return true;
          },
        };
      }
      return {
        read(run) {
          const text = name(run);
          return text === undefined ? null : (run.vars.get(text) ?? null);
        },
        write(run, value) {
          const text = name(run);
          if (text === undefined) return noName(run, "var");
          run.vars.set(text, value);
          return true;
        },
      };
    },
  };
}

/** `$bavp`: AVPs of one branch, in branch, named reply and failure routes (there: of the branch that won). */
export function branchAvpVariable(): VariableDefinition {
  const stores = new WeakMap<TransactionScope, Map<number, AvpStore>>();
  return avpVariable("bavp", (run) => {
    const index = branchIndex(run);
    if (index < 0) return undefined;
    let branches = stores.get(run.scope);
    if (branches === undefined) {
      branches = new Map();
      stores.set(run.scope, branches);
    }
    let store = branches.get(index);
    if (store === undefined) {
      store = new AvpStore();
      branches.set(index, store);
    }
    return store;
  });
}

/** Index of the branch that a block is about: in failure routes the one that won; −1 where there is none. */
export function branchIndex(run: Run): number {
  const branch = run.branch ?? run.reply?.branch;
  if (branch !== undefined) return branch.index;
  const { failure } = run;
  if (failure === undefined) return -1;
  let byStatus = -1;
  for (const outcome of failure.branches) {
    if (outcome.status !== failure.status) continue;
    if (outcome.response === failure.response) return outcome.index;
    byStatus = outcome.index;
  }
  return byStatus;
}

function avpVariable(kind: "avp" | "bavp", storeOf: (run: Run) => AvpStore | undefined): VariableDefinition {
  return {
    name: kind,
    inner: "required",
    isWritable: true,
    bind(reference) {
      const name = innerOf(reference);
      if (name === "") {
        reference.fault(-1, `$${kind} needs a name`);
        return NOTHING;
      }
      const access = typeof name === "string" ? staticAvp(name, reference, storeOf) : dynamicAvp(kind, name, reference, storeOf);
      return inContext(reference, access);
    },
  };
}

type StoreOf = (run: Run) => AvpStore | undefined;

function staticAvp(name: string, reference: BoundVariable, storeOf: StoreOf): Accessor {
  const { index } = reference;
  const all = (run: Run): readonly Value[] => storeOf(run)?.all(name) ?? [];
  const write = (run: Run, value: Value, isReplacing: boolean): boolean => put(run, storeOf(run), name, index, value, isReplacing);
  if (index === undefined) return { read: (run) => storeOf(run)?.get(name) ?? null, write, all };
  return { read: (run) => get(run, storeOf(run), name, index), write, all };
}

function dynamicAvp(kind: string, name: (run: Run) => string | undefined, reference: BoundVariable, storeOf: StoreOf): Accessor {
  const { index } = reference;
  return {
    read(run) {
      const text = name(run);
      return text === undefined ? null : get(run, storeOf(run), text, index);
    },
    write(run, value, isReplacing) {
      const text = name(run);
      return text === undefined ? noName(run, kind) : put(run, storeOf(run), text, index, value, isReplacing);
    },
    all(run) {
      const text = name(run);
      return text === undefined ? [] : (storeOf(run)?.all(text) ?? []);
    },
  };
}

function get(run: Run, store: AvpStore | undefined, name: string, index: BoundVariable["index"]): Value {
  if (store === undefined || index === "append") return null;
  if (index === "*") return joined(store.all(name));
  if (typeof index !== "function") return store.get(name, index ?? 0);
  const at = index(run);
  return at === undefined ? null : store.get(name, at);
}

// Script-language 6.2: `=` pushes, `:=` replaces all, `= NULL` takes the newest, `:= NULL` all; an index names one.
function put(
  run: Run,
  store: AvpStore | undefined,
  name: string,
  index: BoundVariable["index"],
  value: Value,
  isReplacing: boolean,
): boolean {
  if (store === undefined) {
    run.error("core", "pv_set_avp", "no branch here to keep AVPs for");
    return false;
  }
  if (index === "*" || (isReplacing && index === undefined)) store.clear(name);
  if (index === undefined || index === "*") {
    if (value !== null) store.push(name, value);
    else if (index === undefined && !isReplacing) store.remove(name);
    return true;
  }
  if (index === "append") {
    if (value !== null) store.append(name, value);
    return value !== null;
  }
  const at = typeof index === "function" ? index(run) : index;
  if (at === undefined) {
    run.error("core", "pv_set_avp", `the index of $avp(${name}) is no number`);
    return false;
  }
  if (value === null) return store.remove(name, at);
  return store.replace(name, at, value);
}

function noName(run: Run, kind: string): false {
  run.error("core", `pv_set_${kind}`, `the name of $${kind} is NULL`);
  return false;
}
