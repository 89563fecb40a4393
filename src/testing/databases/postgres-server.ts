// Starts PostgreSQL as Debian packages it: on a private port of 127.0.0.1, with files of its own, without waiting for disks.
import { execFile } from "node:child_process";
import { chownSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../process/ports.ts";
import { type Account, accountFor, makeFolder, removeFolder } from "./folder.ts";
import type { DatabaseServer, DatabaseServerOptions } from "./server.ts";
import { asAccount, findProgram, ServerProcess } from "./server-process.ts";

const run = promisify(execFile);
const PASSWORD = "s3cret-of-pg";
const LIMIT_MS = 60_000;

/** Folders in which Debian and others keep what is not on the PATH, newest version first. */
function programFolders(): readonly string[] {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(root, version, "bin"));
}

/** Whether PostgreSQL is there; a line for people when it is not. */
export function postgresMissing(): string | undefined {
  const found = findProgram("initdb", programFolders()) !== undefined && findProgram("postgres", programFolders()) !== undefined;
  return found ? undefined : "PostgreSQL is not installed (Debian and Ubuntu: apt-get install postgresql)";
}

/** A PostgreSQL of a test. */
export class PostgresServer implements DatabaseServer {
  readonly dialect = "postgres";
  readonly port: number;
  readonly password: string = PASSWORD;
  readonly folder: string;
  readonly #account: Account | undefined;
  readonly #settings: readonly string[];
  #process: ServerProcess | undefined = undefined;
  #databases = 0;

  private constructor(port: number, folder: string, account: Account | undefined, settings: readonly string[]) {
    this.port = port;
    this.folder = folder;
    this.#account = account;
    this.#settings = settings;
  }

  /**
   * Makes its files and starts it.
   * @throws Error with what its programs said
   */
  static async start(options: DatabaseServerOptions = {}): Promise<PostgresServer> {
    const account = accountFor(["postgres"]);
    const folder = makeFolder(account, options.parent);
    const server = new PostgresServer(await freePort(), folder, account, options.settings ?? []);
    try {
      await server.#initialise();
      await server.start();
    } catch (error) {
      await server.remove();
      throw error;
    }
    return server;
  }

  get isRunning(): boolean {
    return this.#process?.isRunning === true;
  }
  get log(): string {
    return this.#process?.log ?? "";
  }

  url(database = "postgres", port: number = this.port): string {
    return `postgres://dialoom:${PASSWORD}@127.0.0.1:${port}/${database}`;
  }

  async createDatabase(): Promise<string> {
    const name = `test_${++this.#databases}`;
    const psql = findProgram("psql", programFolders()) ?? "psql";
    await run(psql, ["-q", "-X", "-v", "ON_ERROR_STOP=1", "-d", this.url(), "-c", `create database ${name}`], { timeout: LIMIT_MS });
    return name;
  }

  give(folder: string): void {
    if (this.#account !== undefined) chownSync(folder, this.#account.uid, this.#account.gid);
  }

  async start(): Promise<void> {
    if (this.isRunning) return;
    const settings = [
      `port=${this.port}`,
      "listen_addresses=127.0.0.1",
      `unix_socket_directories=${this.folder}`,
      "fsync=off", // what was committed is with the system, and survives the death of the server
      "full_page_writes=off",
      "shared_buffers=64MB",
      "dynamic_shared_memory_type=mmap", // in its own folder: nothing is left in /dev/shm when it is killed
      "max_connections=60",
      "autovacuum=off",
      "logging_collector=off",
      ...this.#settings,
    ];
    this.#process = await ServerProcess.start({
      file: this.#program("postgres"),
      args: ["-D", join(this.folder, "data"), ...settings.flatMap((setting) => ["-c", setting])],
      account: this.#account,
      folder: this.folder,
      readyText: "database system is ready to accept connections",
      stopSignal: "SIGINT", // "fast": ends the sessions of clients, which may be ours
    });
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
  }
  async kill(): Promise<void> {
    await this.#process?.kill();
  }
  freeze(): void {
    this.#process?.freeze();
  }
  thaw(): void {
    this.#process?.thaw();
  }

  async remove(): Promise<void> {
    await this.#process?.kill();
    removeFolder(this.folder);
  }

  async #initialise(): Promise<void> {
    const passwordFile = join(this.folder, "password");
    writeFileSync(passwordFile, `${PASSWORD}\n`, { mode: 0o644 });
    const words = ["-D", join(this.folder, "data"), "-N", "-A", "scram-sha-256", "-U", "dialoom", `--pwfile=${passwordFile}`];
    const shape = ["-E", "UTF8", "--locale=C", "--no-instructions", "--wal-segsize=1"];
    const { file, args } = asAccount(this.#account, [this.#program("initdb"), ...words, ...shape]);
    await run(file, [...args], { cwd: this.folder, timeout: LIMIT_MS });
  }

  #program(name: string): string {
    const found = findProgram(name, programFolders());
    if (found === undefined) throw new Error(postgresMissing() ?? `${name} is missing`);
    return found;
  }
}
