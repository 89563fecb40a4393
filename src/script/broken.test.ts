// Scripts with mistakes in them, each with the messages it must give, as reviewed text: `tests/data/broken-scripts/<name>.cfg` and `.txt`.
// `node --test src/script/broken.test.ts -- --rewrite` writes the texts anew; read the diff before believing it.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { compileScript, formatProblems, parseScript, scriptRegistry } from "./index.ts";

const folder = new URL("../../tests/data/broken-scripts/", import.meta.url);
const isRewriting = process.argv.includes("--rewrite") || process.env["REWRITE"] === "1";

function read(path: string): string | undefined {
  const url = new URL(path, folder);
  return existsSync(url) ? readFileSync(url, "latin1") : undefined;
}

/** Everything that is said of a script, with the lines around each place. */
function messagesOf(name: string): string {
  const parsed = parseScript({ read }, name);
  const { problems } = compileScript(parsed.tree, scriptRegistry(), {
    hasSyntaxErrors: parsed.problems.some((one) => one.severity === "error"),
  });
  return formatProblems([...parsed.problems, ...problems], { context: "all" });
}

const scripts = readdirSync(folder).filter((name) => name.endsWith(".cfg"));

for (const script of scripts) {
  test(`the messages of ${script}`, () => {
    const found = messagesOf(script);
    assert.match(found, /^(parse error in|loading config file|[a-z])/m);
    const text = new URL(script.replace(/\.cfg$/, ".txt"), folder);
    if (isRewriting) writeFileSync(text, found, "latin1");
    assert.equal(found, readFileSync(text, "latin1"));
  });
}

test("every script has its text, and every text its script", () => {
  const texts = readdirSync(folder).filter((name) => name.endsWith(".txt"));
  assert.deepEqual(
    texts.map((name) => name.replace(/\.txt$/, "")),
    scripts.map((name) => name.replace(/\.cfg$/, "")),
  );
});
