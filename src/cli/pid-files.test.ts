import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { writePidFiles } from "./pid-files.ts";

const folder = mkdtempSync(join(tmpdir(), "dialoom-pid-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const process5 = { pid: 5, group: 4, isRunning: (pid: number) => pid === 7 };

test("both files are written, and taken away at the end", () => {
  const [pid, group] = [join(folder, "pid"), join(folder, "pgid")];
  const remove = writePidFiles(pid, group, process5);
  assert.deepEqual([readFileSync(pid, "utf8"), readFileSync(group, "utf8")], ["5\n", "4\n"]);
  remove();
  assert.deepEqual([existsSync(pid), existsSync(group)], [false, false]);
});

test("a file that another process has written since is left alone", () => {
  const pid = join(folder, "theirs");
  const remove = writePidFiles(pid, undefined, process5);
  writeFileSync(pid, "9\n");
  remove();
  assert.equal(readFileSync(pid, "utf8"), "9\n");
});

test("a file that names a running process refuses the start; a stale one, or one with anything else in it, is written anew", () => {
  const pid = join(folder, "old");
  writeFileSync(pid, "7\n");
  assert.throws(() => writePidFiles(pid, undefined, process5), { message: `-P ${pid}: process 7, which it names, is running` });
  assert.equal(readFileSync(pid, "utf8"), "7\n");
  for (const stale of ["8\n", "5\n", "", "x", "-7\n"]) {
    writeFileSync(pid, stale);
    writePidFiles(pid, undefined, process5);
    assert.equal(readFileSync(pid, "utf8"), "5\n");
  }
});

test("a file that cannot be written is an error in words, and the other one does not stay", () => {
  const pid = join(folder, "first");
  const nowhere = join(folder, "no", "such", "folder");
  assert.throws(() => writePidFiles(pid, nowhere, process5), { message: `-G ${nowhere}: no such file or folder` });
  assert.equal(existsSync(pid), false);
  assert.throws(() => writePidFiles(folder, undefined, process5), { message: `-P ${folder}: it is a folder` });
});
