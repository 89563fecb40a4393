import assert from "node:assert/strict";
import { test } from "node:test";
import { DialoomError } from "../kit/index.ts";
import { type Link, type Member, Profiles, parseProfileList, parseProfileName } from "./index.ts";

interface Call extends Member {
  readonly name: string;
}
const call = (name: string): Call => ({ name, firstLink: undefined });

test("the same value set twice makes two links, and unset takes one away (11.2)", () => {
  const profiles = new Profiles<Call>();
  const caller = profiles.define("caller", { withValue: true });
  const a = call("a");
  const first = caller.link(a, "alice");
  const second = caller.link(a, "alice");
  assert.equal(caller.size("alice"), 2);
  assert.equal(caller.size(), 2);
  assert.equal(caller.linkOf(a, "alice"), second, "the most recent one is found first");
  assert.equal(caller.unlink(second), true);
  assert.equal(caller.unlink(second), false, "a link is taken away once");
  assert.equal(caller.size("alice"), 1);
  assert.equal(caller.linkOf(a, "alice"), first);
  assert.equal(caller.unlink(first), true);
  assert.equal(caller.size("alice"), 0);
  assert.equal(a.firstLink, undefined);
  assert.deepEqual(caller.values(), [], "a value nobody holds is not listed");
  assert.deepEqual(profiles.check([a]), []);
});

test("a profile without values ignores the value everywhere (11.2)", () => {
  const profiles = new Profiles<Call>();
  const inbound = profiles.define("inbound", { withValue: false });
  const a = call("a");
  const link = inbound.link(a, "ignored");
  assert.equal(link.value, "");
  assert.equal(inbound.size("anything"), 1);
  assert.equal(inbound.linkOf(a, "else"), link);
  assert.deepEqual(inbound.members("x"), [a]);
  assert.deepEqual(inbound.values(), [{ value: "", count: 1 }]);
});

test("members are named once, in the order they came, and the list may be walked while they leave", () => {
  const profiles = new Profiles<Call>();
  const trunk = profiles.define("trunk", { withValue: true });
  const calls = ["a", "b", "c"].map(call);
  for (const one of calls) trunk.link(one, "t1");
  trunk.link(calls[0] ?? call("x"), "t1");
  const seen: string[] = [];
  for (const member of trunk.members("t1")) {
    seen.push(member.name);
    for (let link = trunk.linkOf(member, "t1"); link !== undefined; link = trunk.linkOf(member, "t1")) trunk.unlink(link);
  }
  assert.deepEqual(seen, ["a", "b", "c"]);
  assert.equal(trunk.size(), 0);
});

test("tryLink never lets a value's count pass its limit, and a freed place can be taken again", () => {
  const profiles = new Profiles<Call>();
  const caller = profiles.define("caller", { withValue: true });
  const calls = Array.from({ length: 10 }, (_, i) => call(`c${i}`));
  const links: Link[] = [];
  for (const one of calls) {
    const link = caller.tryLink(one, "alice", 3);
    if (link !== undefined) links.push(link);
  }
  assert.equal(links.length, 3);
  assert.equal(caller.size("alice"), 3);
  assert.notEqual(caller.tryLink(call("other"), "bob", 3), undefined, "the limit is the value's own");
  const gone = links[1];
  assert.ok(gone !== undefined && caller.unlink(gone));
  assert.notEqual(caller.tryLink(call("late"), "alice", 3), undefined);
  assert.equal(caller.tryLink(call("later"), "alice", 3), undefined);
  assert.equal(caller.tryLink(call("none"), "carol", 0), undefined);
});

test("definitions: names, suffixes and what refuses the start (11.1)", () => {
  const names = parseProfileList(" caller ; inbound_calls;; my-trunk / s;site/b; odd/ ;mark/!s ");
  assert.ok(names.ok);
  assert.deepEqual(
    names.value.map(({ name, sharing }) => `${name}:${sharing}`),
    ["caller:local", "inbound_calls:local", "my-trunk:s", "site:b", "odd:local", "mark:local"],
  );
  const wrong = parseProfileList("a b;ok;c/x;d$");
  assert.ok(!wrong.ok);
  assert.equal(wrong.fault.length, 3, "every problem is named");
  assert.equal(parseProfileName("").ok, false);
  assert.equal(parseProfileName("x".repeat(256)).ok, false);
});

test("name, name/s and name/b are three profiles; without a backend the plain name still finds it", () => {
  const shared = new Profiles<Call>({ s: true, b: false });
  shared.define("x", { withValue: true });
  shared.define("x/s", { withValue: true });
  assert.equal(shared.get("x")?.sharing, "local");
  assert.equal(shared.get(" x / s ")?.sharing, "s");
  assert.equal(shared.get("x/b"), undefined);

  const alone = new Profiles<Call>();
  const fallen = alone.define("y/s", { withValue: false });
  assert.equal(fallen.sharing, "local");
  assert.equal(fallen.declaredSharing, "s");
  assert.equal(alone.get("y/s"), fallen);
  assert.equal(alone.get("y"), fallen);
  const plain = alone.define("y", { withValue: false });
  assert.equal(alone.get("y"), plain);
  assert.equal(alone.get("y/s"), fallen);
  assert.throws(() => alone.define("y", { withValue: true }), DialoomError);
  assert.throws(() => alone.define("bad name", { withValue: true }), DialoomError);
  assert.deepEqual(
    alone.list().map((profile) => profile.fullName),
    ["y/s", "y"],
  );
});

test("a profile that only a stored call knows is defined on the fly, with values if the call has one", () => {
  const profiles = new Profiles<Call>();
  assert.equal(profiles.obtain("new", true)?.hasValue, true);
  assert.equal(profiles.obtain("new", false)?.hasValue, true, "the first definition stays");
  assert.equal(profiles.obtain("no good", true), undefined);
});

test("the checker finds a link that only one side knows", () => {
  const profiles = new Profiles<Call>();
  const caller = profiles.define("caller", { withValue: true });
  const a = call("a");
  caller.link(a, "alice");
  assert.deepEqual(profiles.check([a]), []);
  assert.equal(profiles.check([]).length, 1, "a member nobody knows of");
  const link = a.firstLink;
  a.firstLink = undefined;
  assert.notEqual(profiles.check([a]).length, 0);
  a.firstLink = link;
  assert.ok(link !== undefined);
  caller.unlink(link);
  a.firstLink = link;
  assert.notEqual(profiles.check([a]).length, 0, "a member that kept a link which is gone");
});

test("a walk goes on while members leave: who has left is not named, everybody else is named once", () => {
  const profiles = new Profiles<Call>();
  const trunk = profiles.define("trunk", { withValue: true });
  const calls = ["a", "b", "c", "d"].map(call);
  const links = calls.map((one) => trunk.link(one, "t1"));
  for (const one of calls) trunk.link(one, "t2");
  const named: string[] = [];
  for (const { name } of trunk.walk("t1")) {
    named.push(name);
    // the one that has just been named, and the next one
    if (name === "a") for (const link of links.slice(0, 2)) trunk.unlink(link);
  }
  assert.deepEqual(named, ["a", "c", "d"]);
  const all = [...trunk.walk()].map(({ name }) => name);
  assert.deepEqual(all.sort(), ["a", "b", "c", "d"]);
  assert.deepEqual([...trunk.walk("t3")], []);
});
