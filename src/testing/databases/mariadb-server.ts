// Starts MariaDB as Debian packages it: on a private port of 127.0.0.1, with files of its own, without waiting for disks.
import { execFile } from "node:child_process";
import { chownSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../process/ports.ts";
import { type Account, accountFor, makeFolder, removeFolder } from "./folder.ts";
import type { DatabaseServer, DatabaseServerOptions } from "./server.ts";
import { asAccount, findProgram, ServerProcess } from "./server-process.ts";

const run = promisify(execFile);
const PASSWORD = "s3cret-of-maria";
const LIMIT_MS = 60_000;

/** Whether MariaDB is there; a line for people when it is not. */
export function mariadbMissing(): string | undefined {
  const found = findProgram("mariadbd") !== undefined && findProgram("mariadb-install-db") !== undefined;
  return found ? undefined : "MariaDB is not installed (Debian and Ubuntu: apt-get install mariadb-server)";
}

/** A MariaDB of a test. */
export class MariadbServer implements DatabaseServer {
  readonly dialect = "mysql";
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
  static async start(options: DatabaseServerOptions = {}): Promise<MariadbServer> {
    const account = accountFor(["mysql"]);
    const folder = makeFolder(account, options.parent);
    const server = new MariadbServer(await freePort(), folder, account, options.settings ?? []);
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

  url(database = "dialoom", port: number = this.port): string {
    return `mysql://dialoom:${PASSWORD}@127.0.0.1:${port}/${database}`;
  }

  async createDatabase(): Promise<string> {
    const name = `test_${++this.#databases}`;
    const client = findProgram("mariadb") ?? findProgram("mysql") ?? "mariadb";
    const where = ["--no-defaults", "-h", "127.0.0.1", "-P", String(this.port), "-u", "dialoom", "-e", `create database ${name}`];
    await run(client, where, { timeout: LIMIT_MS, env: { ...process.env, MYSQL_PWD: PASSWORD } });
    return name;
  }

  give(folder: string): void {
    if (this.#account !== undefined) chownSync(folder, this.#account.uid, this.#account.gid);
  }

  async start(): Promise<void> {
    if (this.isRunning) return;
    const args = [
      "--no-defaults",
      `--datadir=${join(this.folder, "data")}`,
      `--tmpdir=${this.folder}`,
      `--socket=${join(this.folder, "socket")}`,
      `--pid-file=${join(this.folder, "pid")}`,
      "--bind-address=127.0.0.1",
      `--port=${this.port}`,
      `--init-file=${join(this.folder, "init.sql")}`,
      "--skip-log-bin",
      "--skip-name-resolve",
      "--performance-schema=OFF",
      "--innodb-flush-method=nosync",
      "--innodb-flush-log-at-trx-commit=2",
      "--innodb-log-file-size=16M",
      "--innodb-buffer-pool-size=64M",
      "--innodb-fast-shutdown=2",
      "--max-connections=60",
      ...this.#settings,
    ];
    this.#process = await ServerProcess.start({
      file: findProgram("mariadbd") ?? "mariadbd",
      args,
      account: this.#account,
      folder: this.folder,
      readyText: "ready for connections",
      stopSignal: "SIGTERM",
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
    // an ordinary account: may do everything with its databases, and nothing to the server
    const sql = [
      `CREATE USER IF NOT EXISTS 'dialoom'@'%' IDENTIFIED BY '${PASSWORD}';`,
      "GRANT ALL ON `dialoom`.* TO 'dialoom'@'%';",
      "GRANT ALL ON `test\\_%`.* TO 'dialoom'@'%';",
      "CREATE DATABASE IF NOT EXISTS dialoom;",
    ];
    writeFileSync(join(this.folder, "init.sql"), `${sql.join("\n")}\n`, { mode: 0o644 });
    const install = findProgram("mariadb-install-db");
    if (install === undefined) throw new Error(mariadbMissing() ?? "mariadb-install-db is missing");
    const words = ["--no-defaults", `--datadir=${join(this.folder, "data")}`, "--skip-test-db", "--auth-root-authentication-method=normal"];
    const { file, args } = asAccount(this.#account, [install, ...words, "--innodb-flush-method=nosync", "--innodb-log-file-size=16M"]);
    await run(file, [...args], { cwd: this.folder, timeout: LIMIT_MS });
  }
}
