// The end of a process: its status, with and without something left open.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const END = new URL("./end.ts", import.meta.url);

for (const [what, open] of [
  ["nothing is open", ""],
  ["a timer was left behind", "setInterval(() => {}, 1000);"],
] as const)
  test(`ends with its status when ${what}, and all that was written has left`, () => {
    const program = `import { endWith } from ${JSON.stringify(END)}; ${open} process.stdout.write("x".repeat(300_000)); endWith(7);`;
    const { status, stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "latin1", timeout: 20_000 });
    assert.equal(status, 7);
    assert.equal(stdout.length, 300_000);
  });
