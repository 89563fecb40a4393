import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Link, type Member, Profiles } from "./index.ts";

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
