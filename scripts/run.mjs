// The project's commands: `node scripts/run.mjs <what> [arguments]`, called by the scripts of package.json.
// Runs on Node 18 with nothing installed: it first brings what is missing, then hands over to a Node that is new enough.
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { constants, cpus } from "node:os";
import { delimiter, dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { findNode, installPackages, installSystemPackages, NODE_MAJOR, SYSTEM_PACKAGES } from "./setup.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Programs in the tree import "dialoom" as users do; this condition leads them to the sources. */
const SOURCE = ["-C", "dialoom-source"];
/** Folders whose `*.test.ts` files make up the test run, each a suite with its share of the time. */
const SUITES = ["src", "tests", "scenarios", "examples", "bench"];

const commands = {
  // calls outlive the process; DIALOOM_STORE=off keeps them in memory only
  start: (args) =>
    run(join(root, "bin", "dialoom"), args, { DIALOOM_STORE: process.env.DIALOOM_STORE ?? `sqlite:${join(root, "data", "dialogs.db")}` }),
  demo: (args) => program(join("src", "testing", "demo.ts"), args),
  simulate: (args) => program(join("src", "testing", "simulate.ts"), args),
  bench: (args) => program(join("bench", "run.ts"), args),
  build,
  check,
  test,
  laws,
};

const [what = "", ...rest] = process.argv.slice(2);
process.exitCode = await main(what, rest);

async function main(name, args) {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    console.error(`dialoom: there is no command "${name}"; there are: ${Object.keys(commands).join(", ")}`);
    return 2;
  }
  if (!installPackages(root)) return 1;
  return command(args);
}

/** The Node that runs the sources, or an explanation and the end. */
function node() {
  const found = findNode(root);
  if (found !== undefined) return found;
  console.error(
    [
      `dialoom: this needs Node ${NODE_MAJOR} or newer; this is Node ${process.versions.node}, and the PATH has none either.`,
      "On Linux x64 and arm64 npm brings one along as an optional package: `npm install --include=optional` fetches it.",
      "Elsewhere install one from https://nodejs.org/ and run the command again.",
    ].join("\n"),
  );
  process.exit(1);
}

/** Runs a TypeScript program of the tree with the rest of the command line. */
function program(path, args) {
  if (!existsSync(join(root, path))) {
    console.error(`dialoom: ${path} is not part of this copy`);
    return 1;
  }
  // the same heap shape as the daemon: bin/dialoom says why
  return run(node(), [...SOURCE, "--max-semi-space-size=8", join(root, path), ...args]);
}

async function build() {
  rmSync(join(root, "dist"), { recursive: true, force: true });
  return run(node(), [tool("typescript", "bin", "tsc"), "-p", "tsconfig.build.json"]);
}

/** Format, lint, types, floors, then the unit tests: what every commit has to pass, in under a minute. */
async function check() {
  const started = Date.now();
  const steps = [
    ["format and lint", [tool("@biomejs", "biome", "bin", "biome"), "check", "--error-on-warnings", "."]],
    ["types", [tool("typescript", "bin", "tsc"), "--noEmit", "-p", "tsconfig.json"]],
    ["floors", [tool("dependency-cruiser", "bin", "dependency-cruiser.mjs"), "--config", ".dependency-cruiser.cjs", "src"]],
  ];
  const results = await Promise.all(
    steps.map(async ([name, command]) => {
      const began = Date.now();
      const { code, output } = await capture(node(), command);
      console.log(`${code === 0 ? "ok  " : "FAIL"} ${name} (${seconds(began)} s)`);
      if (code !== 0) console.log(output);
      return code;
    }),
  );
  // all cores: unit tests do not measure time, and the last ones wait for nobody
  const units = testFiles(["src"]).filter((file) => !file.startsWith(join("src", "testing")));
  const unit = await tests(units, [`--test-concurrency=${cpus().length}`]);
  console.log(`check took ${seconds(started)} s`);
  return results.find((code) => code !== 0) ?? unit;
}

/** Every test there is, or those whose path starts with one of the arguments. */
async function test(args) {
  const some = chosen(testFiles(SUITES), args);
  if (some.length === 0) {
    console.error(`dialoom: no tests below ${args.join(", ") || SUITES.join(", ")}`);
    return 1;
  }
  const needed = [];
  if (some.some((file) => file.startsWith(`scenarios${sep}`))) needed.push(...SYSTEM_PACKAGES.scenarios);
  if (some.some(startsDatabases)) needed.push(...SYSTEM_PACKAGES.databases);
  installSystemPackages(needed);
  return tests(some);
}

/** The laws alone, with another seed in each round: `[--times 10] [--seed 7] [paths]`. The first seed that fails ends it and is named. */
async function laws(args) {
  let options;
  try {
    options = parseArgs({ args, allowPositionals: true, options: { times: { type: "string" }, seed: { type: "string" } } });
  } catch (error) {
    console.error(`dialoom: ${error.message}`);
    return 2;
  }
  const { values, positionals } = options;
  const times = Number(values.times ?? (values.seed === undefined ? 10 : 1));
  if (!(Number.isInteger(times) && times > 0) || (values.seed !== undefined && !/^-?\d+$/.test(values.seed))) {
    console.error("dialoom: --times and --seed take whole numbers");
    return 2;
  }
  const files = chosen(testFiles(["src"]), positionals).filter((file) => readFileSync(join(root, file), "utf8").includes('"fast-check"'));
  if (files.length === 0) {
    console.error(`dialoom: no laws below ${positionals.join(", ")}`);
    return 1;
  }
  for (let round = 1; round <= times; round++) {
    const seed = values.seed ?? String(randomInt(2 ** 31));
    console.log(`round ${round} of ${times}: seed ${seed}`);
    const code = await tests(files, [], { reporter: "dot", seed });
    if (code !== 0) {
      console.error(`dialoom: to see this again: npm run laws -- --seed ${seed} ${positionals.join(" ")}`.trimEnd());
      return code;
    }
  }
  return 0;
}

/** Whether a test starts PostgreSQL or MariaDB: it names the launchers, or is one of theirs. */
function startsDatabases(file) {
  return /PostgresServer|MariadbServer|databases\/index\.ts/.test(readFileSync(join(root, file), "utf8"));
}

function tests(files, extra = [], { reporter = join(root, "scripts", "reporter.mjs"), seed = process.env.DIALOOM_LAW_SEED } = {}) {
  const preload = ["--import", pathToFileURL(join(root, "scripts", "law-seed.mjs")).href];
  // the limit is for a test that hangs; the slowest suite needs a fraction of it
  const options = ["--test", "--test-timeout=300000", `--test-reporter=${reporter}`, "--test-reporter-destination=stdout"];
  return run(node(), [...SOURCE, ...preload, ...options, ...extra, ...files], seed === undefined ? {} : { DIALOOM_LAW_SEED: seed });
}

/** The files that are below one of the paths; all of them without any. */
function chosen(files, paths) {
  const wanted = paths.map((path) => relative(root, resolve(path)));
  return wanted.length === 0 ? files : files.filter((file) => wanted.some((path) => file === path || file.startsWith(path + sep)));
}

function testFiles(folders) {
  const found = [];
  const walk = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== "node_modules") walk(path);
      } else if (entry.name.endsWith(".test.ts")) found.push(path);
    }
  };
  for (const folder of folders) if (existsSync(join(root, folder))) walk(folder);
  return found.sort();
}

function tool(...path) {
  return join(root, "node_modules", ...path);
}

function seconds(since) {
  return ((Date.now() - since) / 1000).toFixed(1);
}

/** The new Node comes first on the PATH, so that whatever the program starts finds it too. */
function environment() {
  // what Node made of the sources is kept for the next process: every test file is one
  const cache = process.env.NODE_COMPILE_CACHE ?? join(root, "node_modules", ".cache", "dialoom");
  return { ...process.env, NODE_COMPILE_CACHE: cache, PATH: `${dirname(node())}${delimiter}${process.env.PATH ?? ""}` };
}

/** Runs a program on our own terminal. @returns its exit code */
function run(file, args, extra = {}) {
  return new Promise((settle) => {
    const child = spawn(file, args, { cwd: root, stdio: "inherit", env: { ...environment(), ...extra } });
    // we outlive the child to report its exit code: signals are for it to act on
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
    child.on("error", (error) => {
      console.error(`dialoom: ${file} cannot be started: ${error.message}`);
      settle(1);
    });
    child.on("exit", (code, signal) => settle(code ?? 128 + (constants.signals[signal ?? "SIGTERM"] ?? 0)));
  });
}

function capture(file, args) {
  return new Promise((settle) => {
    const child = spawn(file, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], env: environment() });
    let output = "";
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", (error) => settle({ code: 1, output: error.message }));
    child.on("close", (code) => settle({ code: code ?? 1, output }));
  });
}
