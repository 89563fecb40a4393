// The documentation says what the code does: tables are made from it, codes are all listed, README shows files that run.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { scriptReferencePage } from "../scripts/script-reference.ts";
import { settingsPage } from "../scripts/settings-table.ts";
import { ErrorCodes } from "../src/index.ts";

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

test("docs/settings.md is the schema (node scripts/settings-table.ts writes it)", () => {
  assert.equal(read("docs/settings.md"), settingsPage());
});

test("docs/script-reference.md is what the modules say (node scripts/script-reference.ts writes it)", () => {
  assert.equal(read("docs/script-reference.md"), scriptReferencePage());
});

test("docs/errors.md lists every code and no other", () => {
  const listed = read("docs/errors.md")
    .split("\n")
    .flatMap((line) => line.match(/^\| `(DIALOOM_\w+)`/)?.[1] ?? []);
  assert.deepEqual(listed.sort(), Object.values(ErrorCodes).sort());
});

test("every relative link of the documentation leads somewhere, and no page waits to be written", () => {
  for (const page of [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    ...readdirSync(new URL("../docs", import.meta.url)).map((name) => `docs/${name}`),
  ]) {
    const text = read(page);
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      assert.ok(existsSync(new URL(target, new URL(`../${page}`, import.meta.url))), `${page}: ${target}`);
    }
    assert.doesNotMatch(text, /^(NUMBERS|TODO|TBD)$/m, page);
  }
});

test("every program in the README and the guides is a file of examples/, word for word", () => {
  for (const page of ["README.md", "docs/routes.md"]) {
    const blocks = [...read(page).matchAll(/<!-- (examples\/[\w./-]+) -->\n```ts\n([\s\S]*?)```/g)];
    assert.ok(blocks.length > 0, page);
    for (const [, file = "", code] of blocks) assert.equal(code, read(file), `${page}: ${file}`);
    assert.equal([...read(page).matchAll(/```ts\n/g)].length, blocks.length, `${page}: a program that no test runs`);
  }
});
