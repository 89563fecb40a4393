// bin/dialoom: which Node it takes and what it runs, in copies of the tree that hold only what matters.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

/** Lets patterns of scripts fall back to linear time. */
const REGEX = "--enable-experimental-regexp-engine-on-excessive-backtracks";
const LAUNCHER = join(dirname(dirname(fileURLToPath(import.meta.url))), "bin", "dialoom");
const SHOW = "process.stdout.write(JSON.stringify({ script: import.meta.url, args: process.argv.slice(2), flags: process.execArgv }))";

interface Shown {
  readonly script: string;
  readonly args: readonly string[];
  readonly flags: readonly string[];
}

/** A folder of our own. */
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "dialoom-launcher-"));
  after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function write(path: string, text: string, isProgram = false): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  if (isProgram) chmodSync(path, 0o755);
}

/** Puts the launcher into a copy. @returns its path */
function launcherIn(root: string): string {
  const path = join(root, "bin", "dialoom");
  mkdirSync(dirname(path), { recursive: true });
  copyFileSync(LAUNCHER, path);
  chmodSync(path, 0o755);
  return path;
}

/** A PATH that holds what a shell script needs, and the Node given. */
function pathWith(node: "new" | "old" | "none"): string {
  const path = folder();
  for (const tool of ["uname", "dirname", "readlink", "sh"]) {
    symlinkSync(spawnSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).stdout.trim(), join(path, tool));
  }
  if (node === "new") symlinkSync(process.execPath, join(path, "node"));
  if (node === "old") write(join(path, "node"), "#!/bin/sh\necho 18\n", true);
  return path;
}

function run(launcher: string, path: string, args: readonly string[] = []): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(launcher, args, { encoding: "utf8", env: { PATH: path } });
}

function shown(text: string): Shown {
  return JSON.parse(text);
}

test("a checkout runs its sources on the Node of the PATH, arguments untouched", () => {
  const root = folder();
  write(join(root, "src", "cli", "main.ts"), SHOW);
  write(join(root, "dist", "cli", "main.js"), SHOW);
  write(join(root, "package.json"), '{"type":"module"}');
  const result = run(launcherIn(root), pathWith("new"), ["-l", "udp:* x", "--set", "a=$b'c\""]);
  assert.equal(result.status, 0, result.stderr);
  const { script, args, flags } = shown(result.stdout);
  assert.ok(script.endsWith("/src/cli/main.ts"));
  assert.deepEqual(args, ["-l", "udp:* x", "--set", "a=$b'c\""]);
  assert.deepEqual(flags, ["-C", "dialoom-source", REGEX, "--max-semi-space-size=8"]);
});

test("an installed package is found through npm's links, and takes the Node that npm brought when the PATH's is old", () => {
  const root = folder();
  const installed = join(root, "node_modules", "dialoom");
  write(join(installed, "dist", "cli", "main.js"), SHOW);
  write(join(installed, "package.json"), '{"type":"module"}');
  launcherIn(installed);
  mkdirSync(join(root, "node_modules", ".bin"), { recursive: true });
  const link = join(root, "node_modules", ".bin", "dialoom");
  symlinkSync(join("..", "dialoom", "bin", "dialoom"), link);
  const outer = join(folder(), "dialoom");
  symlinkSync(link, outer);
  for (const node of ["old", "none"] as const) assert.equal(run(outer, pathWith(node)).status, 255, "nothing to run on yet");

  const hoisted = join(root, "node_modules", `node-linux-${process.arch}`, "bin");
  mkdirSync(hoisted, { recursive: true });
  symlinkSync(process.execPath, join(hoisted, "node"));
  for (const node of ["old", "none", "new"] as const) {
    const result = run(outer, pathWith(node));
    assert.equal(result.status, 0, result.stderr);
    const { script, flags } = shown(result.stdout);
    assert.ok(script.endsWith("/node_modules/dialoom/dist/cli/main.js"));
    assert.deepEqual(flags, [REGEX, "--max-semi-space-size=8"]);
  }
});

test("without a Node that is new enough it says so and ends with 255", () => {
  const root = folder();
  write(join(root, "src", "cli", "main.ts"), SHOW);
  for (const node of ["old", "none"] as const) {
    const result = run(launcherIn(root), pathWith(node));
    assert.equal(result.status, 255);
    assert.match(result.stderr, /Node 24 or newer is needed/);
  }
});

test("a fresh checkout is told to install its packages, whatever Node there is", () => {
  const root = folder();
  write(join(root, "src", "cli", "main.ts"), 'import "not-installed";');
  write(join(root, "package-lock.json"), "{}");
  for (const node of ["new", "old", "none"] as const) {
    const result = run(launcherIn(root), pathWith(node));
    assert.equal(result.status, 255);
    assert.match(result.stderr, /^dialoom: no npm packages are installed in .*npm ci.*\n$/);
  }
});

test("with nothing to run it says so and ends with 255", () => {
  const result = run(launcherIn(folder()), pathWith("new"));
  assert.equal(result.status, 255);
  assert.match(result.stderr, /this copy is incomplete/);
});
