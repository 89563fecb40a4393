// Starts MariaDB as Debian packages it: on a private port of 127.0.0.1, with files of its own, without waiting for disks.
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { LIMIT_MS, newHome, OwnServer } from "./own-server.ts";
import type { DatabaseServerOptions } from "./server.ts";
import { asAccount, findProgram } from "./server-process.ts";

const run = promisify(execFile);
const PASSWORD = "s3cret-of-maria";

/** Whether MariaDB is there; a line for people when it is not. */
export function mariadbMissing(): string | undefined {
  const found = findProgram("mariadbd") !== undefined && findProgram("mariadb-install-db") !== undefined;
  return found ? undefined : "MariaDB is not installed (Debian and Ubuntu: apt-get install mariadb-server)";
}

/** A MariaDB of a test. */
export class MariadbServer extends OwnServer {
  readonly dialect = "mysql";
  readonly password: string = PASSWORD;

  /**
   * Makes its files and starts it.
   * @throws Error with what its programs said
   */
  static async start(options: DatabaseServerOptions = {}): Promise<MariadbServer> {
    return new MariadbServer(await newHome(["mysql"], options)).begin();
  }

  url(database = "dialoom", port: number = this.port): string {
    return `mysql://dialoom:${PASSWORD}@127.0.0.1:${port}/${database}`;
  }

  protected async makeDatabase(name: string): Promise<void> {
    const client = findProgram("mariadb") ?? findProgram("mysql") ?? "mariadb";
    const where = ["--no-defaults", "-h", "127.0.0.1", "-P", String(this.port), "-u", "dialoom", "-e", `create database ${name}`];
    await run(client, where, { timeout: LIMIT_MS, env: { ...process.env, MYSQL_PWD: PASSWORD } });
  }

  protected get command(): OwnServer["command"] {
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
      ...this.home.settings,
    ];
    return { file: findProgram("mariadbd") ?? "mariadbd", args, readyText: "ready for connections", stopSignal: "SIGTERM" };
  }

  protected async initialise(): Promise<void> {
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
    const { file, args } = asAccount(this.home.account, [install, ...words, "--innodb-flush-method=nosync", "--innodb-log-file-size=16M"]);
    await run(file, [...args], { cwd: this.folder, timeout: LIMIT_MS });
  }
}
