import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { dialoom } from "dialoom";
import { readSettings, Server } from "../src/server/index.ts";

/** The table of commands in docs/management.md: name to forms, as written. */
function documented(): ReadonlyMap<string, string> {
  const text = readFileSync(new URL("../docs/management.md", import.meta.url), "utf8");
  const table = text.slice(text.indexOf("| command |"), text.indexOf("Refusals of commands"));
  const found = new Map<string, string>();
  for (const line of table.trim().split("\n").slice(2)) {
    const [, names = "", forms = ""] = line.split("|").map((cell) => cell.trim());
    const written = everyForm(forms);
    for (const [, name = ""] of names.matchAll(/`([^`]+)`/g)) found.set(name, names.includes("*named*") ? `*named* ${written}` : written);
  }
  return found;
}

/** "`a b`, and any of `c` `d`" written out. */
function everyForm(forms: string): string {
  const [always = "", others] = forms.split(", and any of ");
  if (others === undefined) return forms;
  const extras = [...others.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
  const written = [];
  for (let bits = 0; bits < 2 ** extras.length; bits++) {
    const chosen = extras.filter((_, index) => (bits & (1 << index)) !== 0);
    written.push(`\`${[always.slice(1, -1), ...chosen].join(" ")}\``);
  }
  return written.join(" · ");
}

test("docs/management.md lists every command with its forms, and no other", () => {
  const { management } = new Server(readSettings({}));
  // commands about the script are there as soon as there is one
  management.script = { xlogLevel: { get: () => 0, set: () => {} }, reload: () => Promise.resolve(undefined) };
  const { commands } = management;
  const known = new Map<string, string>();
  for (const { name, forms, isNamedOnly } of commands.list()) {
    const written = forms.map((form) => (form.length === 0 ? "–" : `\`${form.map((parameter) => parameter.name).join(" ")}\``)).join(" · ");
    known.set(name, isNamedOnly === true ? `*named* ${written}` : written);
  }
  const docs = new Map(documented());
  // written out once for both
  assert.equal(docs.get("dlg_list_ctx"), "*named* the same");
  docs.set("dlg_list_ctx", docs.get("dlg_list") ?? "");
  assert.deepEqual(Object.fromEntries([...docs].sort()), Object.fromEntries([...known].sort()));
});

test("the package's own name leads to the sources in a checkout", () => {
  assert.equal(typeof dialoom, "function");
});
