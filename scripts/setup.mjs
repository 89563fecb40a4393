// What a fresh machine lacks: npm packages, a Node that is new enough, SIPp, database servers. Runs on Node 18 with nothing installed.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { arch, platform } from "node:os";
import { delimiter, join } from "node:path";

/** The oldest Node that runs the sources. */
export const NODE_MAJOR = 24;

/** Debian packages that tests and benchmarks need, with the program by which each is recognised. */
export const SYSTEM_PACKAGES = {
  scenarios: [{ program: "sipp", debian: "sip-tester" }],
  databases: [
    { program: "initdb", debian: "postgresql" },
    { program: "mariadbd", debian: "mariadb-server" },
  ],
};

/** Asked by Debian packages before they start a service. */
const SERVICE_POLICY = "/usr/sbin/policy-rc.d";

/**
 * Why `node_modules` does not fit the lock file.
 * @param {string} root - the project's folder
 * @returns {string | undefined} a reason to install, or nothing
 */
export function staleness(root) {
  const installed = join(root, "node_modules", ".package-lock.json");
  // npm writes this file last: without it an earlier installation did not finish
  if (!existsSync(installed)) return "no npm packages are installed";
  const lock = join(root, "package-lock.json");
  if (statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return undefined;
  const wanted = readPackages(lock);
  const present = readPackages(installed);
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "") continue;
    const found = present[path];
    // an optional package of another platform is rightly absent
    if (found === undefined && entry.optional === true) continue;
    if (found?.version !== entry.version) return `${path.replace("node_modules/", "")} ${entry.version} is not installed`;
  }
  return undefined;
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages ?? {};
  } catch {
    return {};
  }
}

/**
 * Installs the npm packages when they are missing or older than the lock file.
 * @returns {boolean} whether they are there now
 */
export function installPackages(root) {
  const reason = staleness(root);
  if (reason === undefined) return true;
  console.error(`dialoom: ${reason}; running npm ci (once, some ten seconds to a minute)`);
  // NODE_ENV=production or a user's .npmrc must not leave out what runs the sources
  const keep = ["--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"];
  const strict = npm(root, ["ci", ...keep]);
  if (strict === undefined) return true;
  console.error(`dialoom: npm ci failed (${firstLines(strict, 3)}); trying npm install`);
  const lenient = npm(root, ["install", ...keep]);
  if (lenient === undefined) return true;
  console.error(lenient);
  console.error("dialoom: the npm packages could not be installed; npm says why above (no network? a proxy? a read-only folder?)");
  return false;
}

/** @returns what npm said when it failed, `undefined` when all is well */
function npm(root, args) {
  const cli = process.env.npm_execpath;
  // the npm that called us runs on the Node that it was started with
  const viaNode = cli !== undefined && /npm-cli\.c?js$/.test(cli) && existsSync(cli);
  const options = { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 26 };
  const done = viaNode ? spawnSync(process.execPath, [cli, ...args], options) : spawnSync("npm", args, options);
  if (done.status === 0) return undefined;
  return done.error?.message ?? done.stderr.trim();
}

function firstLines(text, count) {
  const lines = text.split("\n").map((line) => line.replace(/^npm (error|ERR!)/, "").trim());
  return lines
    .filter((line) => line !== "")
    .slice(0, count)
    .join("; ");
}

/**
 * Finds a Node that runs the sources: this one, one on the PATH, or the one that npm brought along.
 * @returns {string | undefined} its path
 */
export function findNode(root) {
  const candidates = [process.execPath];
  for (const folder of (process.env.PATH ?? "").split(delimiter)) if (folder !== "") candidates.push(join(folder, "node"));
  candidates.push(join(root, "node_modules", `node-${platform()}-${arch()}`, "bin", "node"));
  for (const path of new Set(candidates)) if (isExecutable(path) && majorOf(path) >= NODE_MAJOR) return path;
  return undefined;
}

function majorOf(path) {
  if (path === process.execPath) return Number.parseInt(process.versions.node, 10);
  const asked = spawnSync(path, ["--version"], { encoding: "utf8" });
  return asked.status === 0 ? Number.parseInt(asked.stdout.slice(1), 10) : 0;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Whether a program is on the PATH, or where Debian keeps those of servers. */
export function hasProgram(program) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", ...postgresFolders()];
  return folders.some((folder) => folder !== "" && isExecutable(join(folder, program)));
}

/** PostgreSQL is installed by its versions, off the PATH. */
function postgresFolders() {
  const root = "/usr/lib/postgresql";
  return existsSync(root) ? readdirSync(root).map((version) => join(root, version, "bin")) : [];
}

/**
 * Installs missing Debian packages when we may, and says what is missing when we may not.
 * @param {readonly { program: string, debian: string }[]} packages
 * @returns {readonly { program: string, debian: string }[]} what is still missing
 */
export function installSystemPackages(packages) {
  const missing = packages.filter(({ program }) => !hasProgram(program));
  if (missing.length === 0) return missing;
  const names = missing.map(({ debian }) => debian);
  if (process.getuid?.() === 0 && hasProgram("apt-get")) {
    console.error(`dialoom: installing Debian packages: ${names.join(" ")}`);
    const options = { stdio: ["ignore", 2, 2], env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
    // an outdated package list is the usual reason for a failed installation, an unreachable mirror need not be
    spawnSync("apt-get", ["update", "-qq"], options);
    withoutServices(() => spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...names], options));
  }
  const left = missing.filter(({ program }) => !hasProgram(program));
  for (const { program, debian } of left) {
    console.error(`dialoom: ${program} is missing. Debian and Ubuntu have it in the package ${debian}: apt-get install ${debian}`);
  }
  return left;
}

/** Tests start servers of their own on private ports: what is installed for them must not run by itself. */
function withoutServices(install) {
  const isOurs = !existsSync(SERVICE_POLICY);
  if (isOurs) writeFileSync(SERVICE_POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    install();
  } finally {
    if (isOurs) rmSync(SERVICE_POLICY, { force: true });
  }
}
