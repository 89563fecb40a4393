import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseScript } from "../script/index.ts";
import { systemFiles } from "./script-source.ts";

function complaint(path: string, preprocessor?: string): string | undefined {
  return parseScript(systemFiles(preprocessor), path).problems[0]?.message;
}

test("a script that cannot be read says why: missing, a folder, a preprocessor that fails", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "dialoom-source-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const script = join(dir, "main.cfg");
  writeFileSync(script, "route { exit; }\n");
  assert.equal(complaint(script), undefined);
  assert.equal(complaint(script, "cat"), undefined);
  assert.equal(complaint(`${script}.old`), `loading config file ${script}.old: No such file or directory`);
  assert.equal(complaint(dir), `loading config file ${dir}: Illegal operation on a directory`);
  assert.equal(complaint(script, "exit 3"), `loading config file ${script}: the command "exit 3" ended with status 3`);
  writeFileSync(script, `include_file "${dir}"\ninclude_file "nowhere.cfg"\n`);
  assert.deepEqual(
    parseScript(systemFiles(undefined), script).problems.map(({ message }) => message),
    [`failed to open ${dir}: Illegal operation on a directory`, "failed to open nowhere.cfg"],
  );
});

test("the mark that some editors write before a text is no part of the script", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "dialoom-source-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const script = join(dir, "main.cfg");
  writeFileSync(join(dir, "routes.cfg"), "\ufeffroute { exit; }\n");
  writeFileSync(script, '\ufeffinclude_file "routes.cfg"\n');
  assert.equal(complaint(script), undefined);
});
