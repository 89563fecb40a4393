// Starts PostgreSQL as Debian packages it: on a private port of 127.0.0.1, with files of its own, without waiting for disks.
import { execFile } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { LIMIT_MS, newHome, OwnServer } from "./own-server.ts";
import type { DatabaseServerOptions } from "./server.ts";
import { asAccount, findProgram } from "./server-process.ts";

const run = promisify(execFile);
const PASSWORD = "s3cret-of-pg";

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
export class PostgresServer extends OwnServer {
  readonly dialect = "postgres";
  readonly password: string = PASSWORD;

  /**
   * Makes its files and starts it.
   * @throws Error with what its programs said
   */
  static async start(options: DatabaseServerOptions = {}): Promise<PostgresServer> {
    return new PostgresServer(await newHome(["postgres"], options)).begin();
  }

  url(database = "postgres", port: number = this.port): string {
    return `postgres://dialoom:${PASSWORD}@127.0.0.1:${port}/${database}`;
  }

  protected async makeDatabase(name: string): Promise<void> {
    const psql = findProgram("psql", programFolders()) ?? "psql";
    await run(psql, ["-q", "-X", "-v", "ON_ERROR_STOP=1", "-d", this.url(), "-c", `create database ${name}`], { timeout: LIMIT_MS });
  }

  protected get command(): OwnServer["command"] {
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
      ...this.home.settings,
    ];
    return {
      file: this.#program("postgres"),
      args: ["-D", join(this.folder, "data"), ...settings.flatMap((setting) => ["-c", setting])],
      readyText: "database system is ready to accept connections",
      stopSignal: "SIGINT", // "fast": ends the sessions of clients, which may be ours
    };
  }

  protected async initialise(): Promise<void> {
    const passwordFile = join(this.folder, "password");
    writeFileSync(passwordFile, `${PASSWORD}\n`, { mode: 0o644 });
    const words = ["-D", join(this.folder, "data"), "-N", "-A", "scram-sha-256", "-U", "dialoom", `--pwfile=${passwordFile}`];
    const shape = ["-E", "UTF8", "--locale=C", "--no-instructions", "--wal-segsize=1"];
    const { file, args } = asAccount(this.home.account, [this.#program("initdb"), ...words, ...shape]);
    await run(file, [...args], { cwd: this.folder, timeout: LIMIT_MS });
  }

  #program(name: string): string {
    const found = findProgram(name, programFolders());
    if (found === undefined) throw new Error(postgresMissing() ?? `${name} is missing`);
    return found;
  }
}
