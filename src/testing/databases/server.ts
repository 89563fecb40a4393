// A database server of a test: what tests do to it, whichever it is.

/** A real server on a private port with files of its own. */
export interface DatabaseServer {
  /** `postgres` or `mysql`: the word in its URL. */
  readonly dialect: "postgres" | "mysql";
  readonly port: number;
  readonly password: string;
  /** Where its files are, and its local socket. */
  readonly folder: string;
  readonly isRunning: boolean;
  /** What it has logged since it was started last. */
  readonly log: string;
  /** The URL of a database on it. @param port - another way to it: that of a relay */
  url(database?: string, port?: number): string;
  /** Makes a new, empty database. @returns its name */
  createDatabase(): Promise<string>;
  /** Makes a folder the server's own: for tables elsewhere. */
  give(folder: string): void;
  /** Starts it again on the same files and the same port. */
  start(): Promise<void>;
  /** Ends it in an orderly way; the files stay. */
  stop(): Promise<void>;
  /** `kill -9`; the files stay. */
  kill(): Promise<void>;
  /** Nobody answers any more, connections stay open. */
  freeze(): void;
  thaw(): void;
  /** Ends it at once and removes its files. */
  remove(): Promise<void>;
}

/** How a server is set up. */
export interface DatabaseServerOptions {
  /** Where its folder is made, when it matters. */
  readonly parent?: string;
  /** Further settings, as they stand on its command line. */
  readonly settings?: readonly string[];
}
