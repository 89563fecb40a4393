// 100,000 answered calls in an engine, quickly: one call is made, the others come back as if from a store.

import { callIdHash, type DialogSnapshot } from "../src/dialog/index.ts";
import { WholeCalls } from "./whole-calls.ts";

/** Calls per value of the profile `trunk`. */
export const CALLS_PER_TRUNK = 10;

/** An engine with so many calls: all in `calls`, each alone in `caller`, ten in each value of `trunk`; variables `account` and `site`. */
export async function manyDialogs(count: number, options: ConstructorParameters<typeof WholeCalls>[0] = {}): Promise<WholeCalls> {
  const profiles = [{ name: "calls", withValue: false }, "caller", "trunk"];
  const calls = await new WholeCalls({ explainMessages: "none", ...options, profiles }).open();
  calls.hold(1);
  const { dialogs, rooms } = calls.engine;
  const [first] = dialogs.all();
  if (first === undefined) throw new Error("there is a first call");
  const sample = dialogs.snapshot(first);
  for (let n = 1; n < count; n++) {
    const result = dialogs.restore(another(sample, n, rooms.dialog.hashSize));
    if (!result.ok) throw new Error(result.reason);
    // the start of a server is not one turn either
    if (n % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return calls;
}

/** Call-ID of the n-th one, n from 1. */
export function callIdOf(n: number): string {
  return `held-${n}@127.0.0.1`;
}

function another(sample: DialogSnapshot, n: number, hashSize: number): DialogSnapshot {
  const callId = flat(callIdOf(n));
  return {
    ...sample,
    entry: (callIdHash(callId) & (hashSize - 1)) >>> 0,
    id: 1000 + n,
    callId,
    legs: sample.legs.map((leg, i) => ({
      ...leg,
      tag: flat(`${i === 0 ? "caller" : "callee"}-tag-${n}`),
      receivedSdp: flat(leg.receivedSdp),
    })),
    values: [
      { name: "account", value: flat(`account-${n}`), isInteger: false },
      { name: "site", value: flat(`site-${Math.floor(n / CALLS_PER_TRUNK)}`), isInteger: false },
    ],
    links: [
      { profile: "calls", value: "", tag: undefined },
      { profile: "caller", value: flat(`user-${n}`), tag: undefined },
      { profile: "trunk", value: flat(`trunk-${Math.floor(n / CALLS_PER_TRUNK)}`), tag: undefined },
    ],
  };
}

/** A string of its own, as those are that come from a message or a row. */
function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}
