// Law: under any saves, expiries and removals the table is what a plain list of bindings would be, and nothing is left behind.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seededRandom, TestClock } from "../testing/index.ts";
import { LocationHarness } from "./harness.ts";

const USERS = ["alice", "bob", "carol"] as const;
const MAX = 3;

type Op =
  | {
      readonly op: "register";
      readonly user: number;
      readonly device: number;
      readonly expires: number;
      readonly q: number;
      readonly forced: boolean;
    }
  | { readonly op: "star"; readonly user: number }
  | { readonly op: "wait"; readonly seconds: number }
  | { readonly op: "remove"; readonly user: number };

interface Modelled {
  readonly user: string;
  readonly uri: string;
  endsAt: number;
  q: number;
  modifiedAt: number;
  /** Larger is newer among those of one q. */
  placed: number;
}

const user = fc.nat({ max: USERS.length - 1 });
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant("register" as const),
      user,
      device: fc.nat({ max: 4 }),
      expires: fc.constantFrom(0, 60, 61, 90, 300),
      q: fc.constantFrom(-1, 0, 500, 1000),
      forced: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("star" as const), user }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 120 }) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("remove" as const), user }) },
);

class Model {
  bindings: Modelled[] = [];
  #placed = 0;

  of(name: string): Modelled[] {
    return this.bindings.filter((one) => one.user === name).sort((a, b) => b.q - a.q || b.placed - a.placed);
  }

  expire(now: number): void {
    this.bindings = this.bindings.filter((one) => one.endsAt > now);
  }

  /** @returns the status */
  register(name: string, uri: string, expires: number, q: number, forced: boolean, now: number): number {
    const before = this.bindings.find((one) => one.user === name && one.uri === uri);
    if (expires === 0) {
      this.bindings = this.bindings.filter((one) => one !== before);
      return 200;
    }
    const endsAt = now + expires * 1000;
    if (before !== undefined) {
      if (before.q !== q) before.placed = ++this.#placed;
      Object.assign(before, { endsAt, q, modifiedAt: now });
      return 200;
    }
    const own = this.bindings.filter((one) => one.user === name);
    if (own.length >= MAX) {
      if (!forced) return 503;
      const stored = this.of(name);
      const oldest = [...stored].sort((a, b) => a.modifiedAt - b.modifiedAt)[0];
      this.bindings = this.bindings.filter((one) => one !== oldest);
    }
    this.bindings.push({ user: name, uri, endsAt, q, modifiedAt: now, placed: ++this.#placed });
    return 200;
  }
}

test("law: the table agrees with a plain list at every step, and ends empty with its wheel at rest", () => {
  fc.assert(
    fc.property(fc.array(op, { maxLength: 40 }), (ops) => {
      const h = new LocationHarness(new TestClock(), seededRandom(1), { maxContacts: MAX });
      const model = new Model();
      let cseq = 0;
      for (const one of ops) {
        cseq++;
        if (one.op === "wait") {
          h.clock.advance(one.seconds * 1000);
          model.expire(h.clock.monotonic());
        } else {
          const name = USERS[one.user] ?? "alice";
          if (one.op === "remove") {
            h.table.removeAor(name);
            model.bindings = model.bindings.filter((two) => two.user !== name);
          } else if (one.op === "star") {
            h.register(["*"], { user: name, callId: name, cseq, headers: "Expires: 0\r\n" });
            model.bindings = model.bindings.filter((two) => two.user !== name);
          } else {
            const uri = `sip:${name}@10.0.0.${one.device}`;
            const q = one.q < 0 ? "" : `;q=${one.q / 1000}`;
            const result = h.register(
              [`<${uri}>;expires=${one.expires}${q}`],
              { user: name, callId: name, cseq },
              { isForced: one.forced },
            );
            assert.equal(result.status, model.register(name, uri, one.expires, one.q, one.forced, h.clock.monotonic()));
          }
        }
        for (const name of USERS) {
          const expected = model.of(name).map(({ uri, endsAt, q }) => ({ uri, endsAt, q }));
          const actual = h.table.get(name)?.bindings.map(({ parts: { uri, endsAt, q } }) => ({ uri, endsAt, q })) ?? [];
          assert.deepEqual(actual, expected);
        }
        assert.equal(h.table.bindingCount, model.bindings.length);
        assert.equal(h.table.size, new Set(model.bindings.map((two) => two.user)).size);
        assert.equal(h.wheel.count, h.table.size);
      }
      const live = new Set<unknown>();
      for (const change of h.changes) {
        if (change.kind === "added") live.add(change.binding);
        else if (change.kind === "removed" || change.kind === "expired") assert.ok(live.delete(change.binding), "told of once");
      }
      assert.equal(live.size, h.table.bindingCount, "the changes alone say what is there");
      h.clock.advance(400_000);
      assert.deepEqual([h.table.size, h.wheel.count, h.errors], [0, 0, []]);
    }),
    { numRuns: 150 },
  );
});
