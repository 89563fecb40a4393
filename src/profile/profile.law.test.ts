import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Link, type Member, Profiles } from "./index.ts";

interface Named extends Member {
  readonly number: number;
}

test("after any sequence of links and unlinks sizes equal memberships on both sides", () => {
  const act = fc.record({
    kind: fc.constantFrom("link", "try", "unlink", "unlinkOf"),
    profile: fc.nat(2),
    member: fc.nat(5),
    value: fc.constantFrom("", "a", "b", "constructor", "__proto__"),
    pick: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 120 }), (acts) => {
      const profiles = new Profiles<Member>();
      const defined = [
        profiles.define("v", { withValue: true }),
        profiles.define("w/b", { withValue: true }),
        profiles.define("n", { withValue: false }),
      ];
      const members: Member[] = Array.from({ length: 6 }, () => ({ firstLink: undefined }));
      let links: Link[] = [];
      for (const { kind, profile: p, member: m, value, pick } of acts) {
        const profile = defined[p];
        const member = members[m];
        if (profile === undefined || member === undefined) continue;
        const before = profile.size(value);
        if (kind === "link") links.push(profile.link(member, value));
        else if (kind === "try") {
          const link = profile.tryLink(member, value, 3);
          assert.equal(link === undefined, before >= 3);
          if (link !== undefined) links.push(link);
        } else if (kind === "unlink" && links.length > 0) {
          const link = links[pick % links.length];
          if (link !== undefined) assert.equal(link.profile.unlink(link), true);
        } else {
          const link = profile.linkOf(member, value);
          if (link !== undefined) assert.equal(profile.unlink(link), true);
        }
        links = links.filter((link) => link.isLinked);
        assert.deepEqual(profiles.check(members), []);
        for (const one of defined) {
          const mine = links.filter((link) => link.profile === one);
          assert.equal(one.size(), mine.length);
          for (const { value: held, count } of one.values()) {
            if (count > 0) assert.equal(mine.filter((link) => link.value === held).length, count);
          }
        }
      }
    }),
    { numRuns: 150 },
  );
});

test("a walk meets everybody who is there all the time once and in order, whoever comes and goes meanwhile", () => {
  const act = fc.record({ steps: fc.nat(4), leaves: fc.array(fc.nat(40), { maxLength: 8 }), joins: fc.nat(3) });
  fc.assert(
    fc.property(fc.nat(20), fc.array(act, { maxLength: 20 }), (count, acts) => {
      const profiles = new Profiles<Named>();
      const all = profiles.define("all", { withValue: false });
      const links: Link[] = [];
      let made = 0;
      const come = (): void => {
        links.push(all.link({ number: made++, firstLink: undefined }, ""));
      };
      for (let i = 0; i < count; i++) come();
      const gone = new Set<number>();
      const walk = all.walk();
      const named: number[] = [];
      const step = (): boolean => {
        const next = walk.next();
        if (next.done !== true) {
          assert.ok(!gone.has(next.value.number), "nobody who has left is named");
          named.push(next.value.number);
        }
        return next.done !== true;
      };
      for (const { steps, leaves, joins } of acts) {
        for (let i = 0; i < steps; i++) step();
        for (const at of leaves) {
          const link = links[at];
          if (link !== undefined && all.unlink(link)) gone.add(at);
        }
        for (let i = 0; i < joins; i++) come();
      }
      while (step());
      assert.deepEqual(
        named,
        [...new Set(named)].sort((a, b) => a - b),
      );
      for (let i = 0; i < count; i++) assert.ok(gone.has(i) || named.includes(i), `${i} is named`);
    }),
    { numRuns: 300 },
  );
});
