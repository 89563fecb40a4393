// The package as users get it: built, packed, looked over by publint and attw, unpacked beside a program, and run.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, "node_modules");

// below node_modules, so that the package finds its dependencies without a second installation
mkdirSync(join(MODULES, ".cache"), { recursive: true });
const work = mkdtempSync(join(MODULES, ".cache", "dialoom-package-"));
after(() => rmSync(work, { recursive: true, force: true }));
const source = join(work, "source");
const consumer = join(work, "consumer");
const installed = join(consumer, "node_modules", "dialoom");

function run(file: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { cwd, encoding: "utf8", maxBuffer: 1 << 26 });
  assert.equal(status, 0, `${file} ${args.join(" ")}\n${stdout}\n${stderr}\n${error?.message ?? ""}`);
  return stdout;
}

/** What `npm pack` would pack, built without touching the checkout. */
function build(): string {
  mkdirSync(source, { recursive: true });
  run(process.execPath, [join(MODULES, "typescript", "bin", "tsc"), "-p", "tsconfig.build.json", "--outDir", join(source, "dist")], ROOT);
  const { files }: { files: string[] } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  for (const name of ["package.json", ...files.filter((one) => one !== "dist")]) {
    cpSync(join(ROOT, name), join(source, name), { recursive: true });
  }
  const [packed]: { filename: string }[] = JSON.parse(run("npm", ["pack", "--json", "--ignore-scripts", "--loglevel=error"], source));
  assert.ok(packed !== undefined);
  return join(source, packed.filename);
}

const tarball = build();

test("the package holds what runs and nothing else", () => {
  const files = run("tar", ["-tzf", tarball], work).trim().split("\n");
  for (const wanted of [
    "bin/dialoom",
    "dist/index.js",
    "dist/index.d.ts",
    "dist/cli/main.js",
    "dist/store/sqlite/keeper.js",
    "README.md",
    "ARCHITECTURE.md",
    "docs/routes.md",
    "bench/results.md",
    "LICENSE",
  ]) {
    assert.ok(files.includes(`package/${wanted}`), wanted);
  }
  const strays = files.filter((file) => /\.test\.|harness|fixtures|(?<!\.d)\.ts$|\.txt$|node_modules/.test(file));
  assert.deepEqual(strays, []);
});

test("publint has nothing to say", async () => {
  const { messages } = await publint({ pkgDir: source, strict: true, pack: false });
  const manifest = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  assert.deepEqual(
    messages.map((message) => formatMessage(message, manifest, { color: false })),
    [],
  );
});

test("types resolve as programs do (attw)", () => {
  run(
    process.execPath,
    [join(MODULES, "@arethetypeswrong", "cli", "dist", "index.js"), tarball, "--profile", "esm-only", "--no-emoji"],
    work,
  );
});

test("an installed package starts by npm's link and can be imported", () => {
  mkdirSync(installed, { recursive: true });
  run("tar", ["-xzf", tarball, "--strip-components=1", "-C", installed], work);
  mkdirSync(join(consumer, "node_modules", ".bin"));
  const link = join(consumer, "node_modules", ".bin", "dialoom");
  symlinkSync(join("..", "dialoom", "bin", "dialoom"), link);
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  assert.match(run(link, ["-V"], consumer), new RegExp(`^version: dialoom ${version} `));

  writeFileSync(join(consumer, "package.json"), '{"type":"module"}');
  writeFileSync(
    join(consumer, "program.js"),
    'import { dialoom } from "dialoom"; import * as testing from "dialoom/testing"; console.log(typeof dialoom, Object.keys(testing).length > 0);',
  );
  assert.equal(run(process.execPath, ["program.js"], consumer).trim(), "function true");
});

test("its database tool makes a SQLite file, thread included", () => {
  const file = join(work, "dialogs.db");
  const said = run(process.execPath, [join(installed, "dist", "cli", "main.js"), "db", "init", `sqlite://${file}`], work);
  assert.match(said, /^ {2}dialog +made, version 12$/m);
});
