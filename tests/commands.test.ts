// scripts/: what `npm start` and `npm test` do before anything is installed.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

type Versions = Record<string, string>;

interface Setup {
  staleness(root: string): string | undefined;
  findNode(root: string): string | undefined;
  hasProgram(program: string): boolean;
}

const setup: Setup = await import(new URL("../scripts/setup.mjs", import.meta.url).href);

/** A project with a lock file and, if given, what npm wrote when it had installed it. */
function project(wanted: object, installed?: object, isLockNewer = true): string {
  const root = mkdtempSync(join(tmpdir(), "dialoom-setup-"));
  after(() => rmSync(root, { recursive: true, force: true }));
  const lock = join(root, "package-lock.json");
  writeFileSync(lock, JSON.stringify({ packages: { "": {}, ...wanted } }));
  if (installed !== undefined) {
    mkdirSync(join(root, "node_modules"));
    const hidden = join(root, "node_modules", ".package-lock.json");
    writeFileSync(hidden, JSON.stringify({ packages: installed }));
    const [older, newer] = isLockNewer ? [hidden, lock] : [lock, hidden];
    utimesSync(older, 1000, 1000);
    utimesSync(newer, 2000, 2000);
  }
  return root;
}

const A1 = { "node_modules/a": { version: "1.0.0" } };

test("packages are installed when they are missing or other than the lock file says, and only then", () => {
  assert.match(setup.staleness(project(A1)) ?? "", /no npm packages/);
  assert.equal(setup.staleness(project(A1, A1)), undefined);
  assert.match(setup.staleness(project(A1, { "node_modules/a": { version: "0.9.0" } })) ?? "", /a 1\.0\.0 is not installed/);
  assert.match(setup.staleness(project(A1, {})) ?? "", /a 1\.0\.0/);
  assert.equal(setup.staleness(project(A1, {}, false)), undefined, "an older lock file is not even read");
  const withForeign = { ...A1, "node_modules/only-elsewhere": { version: "1.0.0", optional: true } };
  assert.equal(setup.staleness(project(withForeign, A1)), undefined);
});

test("the Node that runs this test is new enough to be found", () => {
  assert.equal(setup.findNode(ROOT), process.execPath);
  assert.equal(setup.hasProgram("sh"), true);
  assert.equal(setup.hasProgram("no-such-program-at-all"), false);
});

test("an unknown command names the known ones", () => {
  for (const name of ["nope", "constructor", ""]) {
    const { status, stderr } = spawnSync(process.execPath, ["scripts/run.mjs", name], { cwd: ROOT, encoding: "utf8" });
    assert.equal(status, 2);
    assert.match(stderr, /start, demo, simulate, bench, build, check, test, laws/);
  }
});

test("every command of package.json exists, and versions are exact", () => {
  const manifest: { scripts: Record<string, string>; dependencies: Versions; devDependencies: Versions; optionalDependencies: Versions } =
    JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  for (const name of ["start", "test", "laws", "demo", "check", "bench", "simulate"]) {
    assert.match(manifest.scripts[name] ?? "", new RegExp(`node scripts/run\\.mjs ${name}$`), name);
  }
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  for (const version of Object.values({ ...dependencies, ...devDependencies, ...optionalDependencies }))
    assert.match(version, /^\d+\.\d+\.\d+$/);
  const lock = readFileSync(join(ROOT, "package-lock.json"), "utf8");
  assert.ok(!lock.includes('"resolved"'), "the lock file names no registry");
});

test("a failing test fails the run, and the summary is the last thing said", () => {
  const root = mkdtempSync(join(tmpdir(), "dialoom-report-"));
  after(() => rmSync(root, { recursive: true, force: true }));
  writeFileSync(join(root, "good.test.mjs"), 'import { test } from "node:test"; test("good", () => {});');
  writeFileSync(join(root, "bad.test.mjs"), 'import { test } from "node:test"; test("bad", () => { throw new Error("as it should"); });');
  const report = (...files: string[]): ReturnType<typeof spawnSync> =>
    spawnSync(process.execPath, ["--test", `--test-reporter=${join(ROOT, "scripts", "reporter.mjs")}`, ...files], {
      cwd: root,
      encoding: "utf8",
      // a test run inside a test run reports to its parent unless told otherwise
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    });
  const good = report("good.test.mjs");
  assert.equal(good.status, 0);
  assert.match(
    String(good.stdout),
    /share of each suite\n.*1 files {6}1 tests {4}0 failed[\s\S]*ℹ tests 1\n[\s\S]*ℹ fail 0\n[\s\S]*ℹ duration_ms [\d.]+\n$/,
  );
  const bad = report("good.test.mjs", "bad.test.mjs");
  assert.equal(bad.status, 1);
  assert.match(String(bad.stdout), /as it should[\s\S]*share of each suite[\s\S]*ℹ fail 1\n[\s\S]*ℹ duration_ms [\d.]+\n$/);
});

test("laws try the same cases in each run, unless a seed is given", () => {
  const root = mkdtempSync(join(tmpdir(), "dialoom-laws-"));
  after(() => rmSync(root, { recursive: true, force: true }));
  const file = join(root, "law.test.mjs");
  const fastCheck = JSON.stringify(import.meta.resolve("fast-check"));
  writeFileSync(file, `import fc from ${fastCheck}; fc.assert(fc.property(fc.nat(), (n) => console.log("drew", n)), { numRuns: 3 });`);
  const draw = (seed: string | undefined): { status: number | null; drawn: readonly string[]; stderr: string } => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", join(ROOT, "scripts", "law-seed.mjs"), file], {
      encoding: "utf8",
      env: { ...process.env, DIALOOM_LAW_SEED: seed },
    });
    return { status, drawn: stdout.match(/drew \d+/g) ?? [], stderr };
  };
  const first = draw(undefined);
  assert.equal(first.drawn.length, 3);
  assert.deepEqual(draw(undefined).drawn, first.drawn);
  assert.deepEqual(draw("7").drawn, draw("7").drawn);
  assert.notDeepEqual(draw("7").drawn, first.drawn);
  const wrong = draw("random");
  assert.notEqual(wrong.status, 0);
  assert.match(wrong.stderr, /DIALOOM_LAW_SEED is a whole number, not "random"/);
});
