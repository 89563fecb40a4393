// What the servers of tests have in common: a folder, a port, a process, and what is done to them.
import { chownSync } from "node:fs";
import { freePort } from "../process/ports.ts";
import { type Account, accountFor, makeFolder, removeFolder } from "./folder.ts";
import type { DatabaseServer, DatabaseServerOptions } from "./server.ts";
import { ServerProcess, type ServerProcessOptions } from "./server-process.ts";

/** How long programs that prepare something may take. */
export const LIMIT_MS = 60_000;

/** Where a server lives. */
export interface Home {
  readonly port: number;
  readonly folder: string;
  /** Who it runs as; undefined for whoever runs the tests. */
  readonly account: Account | undefined;
  /** Further settings, as they stand on its command line. */
  readonly settings: readonly string[];
}

/** A place for a server that must not run as root. @param names - of accounts that it may run as */
export async function newHome(names: readonly string[], { parent, settings = [] }: DatabaseServerOptions): Promise<Home> {
  const account = accountFor(names);
  const folder = makeFolder(account, parent);
  return { port: await freePort(), folder, account, settings };
}

/** Any server; which, its kind says. */
export abstract class OwnServer implements DatabaseServer {
  abstract readonly dialect: "postgres" | "mysql";
  abstract readonly password: string;
  protected readonly home: Home;
  #process: ServerProcess | undefined = undefined;
  #databases = 0;

  constructor(home: Home) {
    this.home = home;
  }

  abstract url(database?: string, port?: number): string;

  /** Makes its files. */
  protected abstract initialise(): Promise<void>;
  /** How it is started. */
  protected abstract readonly command: Omit<ServerProcessOptions, "account" | "folder">;
  protected abstract makeDatabase(name: string): Promise<void>;

  /**
   * Makes its files and starts it.
   * @throws Error with what its programs said; nothing is left then
   */
  async begin(): Promise<this> {
    try {
      await this.initialise();
      await this.start();
    } catch (error) {
      await this.remove();
      throw error;
    }
    return this;
  }

  get port(): number {
    return this.home.port;
  }
  get folder(): string {
    return this.home.folder;
  }
  get isRunning(): boolean {
    return this.#process?.isRunning === true;
  }
  get log(): string {
    return this.#process?.log ?? "";
  }

  async createDatabase(): Promise<string> {
    const name = `test_${++this.#databases}`;
    await this.makeDatabase(name);
    return name;
  }

  give(folder: string): void {
    const { account } = this.home;
    if (account !== undefined) chownSync(folder, account.uid, account.gid);
  }

  async start(): Promise<void> {
    if (this.isRunning) return;
    const { account, folder } = this.home;
    this.#process = await ServerProcess.start({ ...this.command, account, folder });
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
}
