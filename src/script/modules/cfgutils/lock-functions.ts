// Locks by name: static ones, one for each literal, and dynamic ones out of a pool.
import { type FunctionDefinition, type IntParameter, must, type Outcome, type ParameterType } from "../../module.ts";
import { routeSet } from "../../routes.ts";
import type { Run } from "../../run.ts";
import { Lock, lockIndex } from "./locks.ts";

const ROUTES = routeSet("RFOBLSTE");

/** @param poolSize - how many dynamic locks there are, a power of two */
export function lockFunctions(poolSize: IntParameter): readonly FunctionDefinition[] {
  const named = new Map<string, Lock>();
  const pool = new Map<number, Lock>();
  const fixed = (name: string): Lock => lockIn(named, name);
  const dynamic = (text: string): Lock => lockIn(pool, lockIndex(text, poolSize.value));
  return [
    locking("get_static_lock", "static", fixed, take),
    locking("release_static_lock", "static", fixed, release),
    locking("get_dynamic_lock", "text", dynamic, take),
    locking("release_dynamic_lock", "text", dynamic, release),
    {
      name: "strings_share_lock",
      parameters: [must("string1", "text"), must("string2", "text")],
      routes: ROUTES,
      resultMatters: true,
      bind(call) {
        const first = call.text(0);
        const second = call.text(1);
        return (run) => {
          const a = first(run);
          const b = second(run);
          if (a === undefined || b === undefined) return -1;
          return lockIndex(a, poolSize.value) === lockIndex(b, poolSize.value) ? 1 : -1;
        };
      },
    },
  ];
}

function lockIn<K>(locks: Map<K, Lock>, key: K): Lock {
  let lock = locks.get(key);
  if (lock === undefined) {
    lock = new Lock();
    locks.set(key, lock);
  }
  return lock;
}

function locking(
  name: string,
  type: ParameterType,
  find: (key: string) => Lock,
  act: (run: Run, lock: Lock, name: string) => Outcome,
): FunctionDefinition {
  return {
    name,
    parameters: [must("string", type)],
    routes: ROUTES,
    bind(call) {
      const text = call.text(0);
      return (run) => {
        const key = text(run);
        return key === undefined ? -1 : act(run, find(key), name);
      };
    },
  };
}

function take(run: Run, lock: Lock, name: string): Outcome {
  if (lock.isHeldBy(run)) {
    run.error("cfgutils", name, "this run has the lock already and would wait for itself");
    return -1;
  }
  const outcome = lock.take(run);
  if (typeof outcome === "number") {
    if (outcome < 0) run.error("cfgutils", name, "the lock is taken, and this route cannot wait for it");
    return outcome;
  }
  return outcome.then((code) => {
    if (code < 0) run.error("cfgutils", name, "the lock was not given back for 10 seconds: going on without it");
    return code;
  });
}

function release(_run: Run, lock: Lock): Outcome {
  lock.release();
  return 1;
}
