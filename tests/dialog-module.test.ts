// The table of the dialog module is complete, true of the program, and proved.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { dialogModulePage } from "../scripts/dialog-module-table.ts";
import { scriptRegistry } from "../src/script/index.ts";
import { readSettings, Server } from "../src/server/index.ts";
import { ITEMS, type ItemKind, REQUIRED } from "./coverage/dialog-module.ts";
import { exists } from "./coverage/proof.ts";

const namesOf = (kind: ItemKind): readonly string[] => ITEMS.filter((item) => item.kind === kind).map(({ name }) => name);
const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

function dialogModule() {
  const make = scriptRegistry().module("dialog");
  assert.ok(typeof make === "function");
  return make();
}

test("docs/dialog-module.md is the list of items (node scripts/dialog-module-table.ts writes it)", () => {
  assert.equal(read("docs/dialog-module.md"), dialogModulePage());
});

test("the list has every item of the requirement once", () => {
  for (const [kind, count] of Object.entries(REQUIRED)) {
    const names = ITEMS.filter((item) => item.kind === kind).map(({ name }) => name);
    assert.equal(names.length, count, kind);
    assert.equal(new Set(names).size, count, kind);
  }
});

test("what is there has a test, what is not belongs to a database, a cache or the cluster, and every test that is named exists", () => {
  const parts = new Set<string>(["databases", "shared profiles over a cache", "cluster"]);
  for (const { kind, name, open, proofs } of ITEMS) {
    if (open === undefined) assert.ok(proofs.length > 0, `${kind} ${name} has no test`);
    else assert.ok(parts.has(open), `${kind} ${name}: ${open}`);
    for (const proof of proofs) assert.ok(exists(proof), `${kind} ${name}: ${proof.file} has no test "${proof.name}"`);
  }
});

test("a test that does not exist is noticed", () => {
  const [proof] = ITEMS.find(({ proofs }) => proofs.length > 0)?.proofs ?? [];
  assert.ok(proof !== undefined);
  assert.equal(exists(proof), true);
  assert.equal(exists({ ...proof, name: `${proof.name}?` }), false);
  assert.equal(exists({ ...proof, file: "src/no-such.test.ts" }), false);
});

test("every parameter, function and variable is one of the script door's", () => {
  const { parameters, functions, variables, events } = dialogModule();
  const registered: Readonly<Partial<Record<ItemKind, readonly string[]>>> = {
    parameter: parameters.map(({ name }) => name),
    function: functions.map(({ name }) => name),
    variable: variables.map(({ name }) => `$${name}`),
    event: events ?? [],
  };
  for (const [kind, names] of Object.entries(registered)) {
    const known = new Set(names);
    for (const name of namesOf(kind as ItemKind)) assert.ok(known.has(name), `${kind} ${name}`);
  }
});

test("every command and statistic is registered, those of later parts excepted", () => {
  const { management, engine } = new Server(readSettings({}));
  const commands = new Set([...management.commands.list()].map(({ name }) => name));
  for (const name of namesOf("command")) assert.ok(commands.has(name), name);
  for (const { kind, name, open } of ITEMS) {
    if (kind !== "statistic") continue;
    const isThere = engine.statistics.find(`dialog:${name}`) !== undefined;
    assert.equal(isThere, open === undefined, name);
  }
});

test("every callback type stands in the table of events that programs hear, with its event", () => {
  const guide = read("docs/routes.md");
  for (const { kind, name, about } of ITEMS) {
    if (kind !== "callback") continue;
    const event = /`(\w+)`/.exec(about)?.[1] ?? "";
    const row = guide.split("\n").find((line) => line.startsWith(`| \`${event}\` |`));
    assert.ok(row?.includes(`\`${name}\``), `${name} → ${event}`);
  }
});
