// URLs of database servers, as people write them in scripts and settings. A password never comes out again.
import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { DialoomError, ErrorCodes } from "../../kit/index.ts";
import { dialectOf } from "../url.ts";

/** Where a server is and who we are there. */
export interface ServerAddress {
  readonly dialect: "postgres" | "mysql";
  /** Its URL without the password. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** A local socket instead of host and port: a folder for PostgreSQL, a file for MySQL. */
  readonly socket: string | undefined;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls: ConnectionOptions | undefined;
  /** Whether statements may be sent without waiting for the answer to the one before. */
  readonly isPipelined: boolean;
}

const SHAPES = {
  postgres: { port: 5432, example: "postgres://user:password@host:5432/database" },
  mysql: { port: 3306, example: "mysql://user:password@host:3306/database" },
};
const PARAMETERS = ["socket", "host", "sslmode", "ssl-mode", "sslrootcert", "ssl-ca", "pipeline"];

/**
 * Reads `postgres://` (or `postgresql://`) and `mysql://` URLs.
 * Parameters: `sslmode` (`disable`, `require`, `verify-ca`, `verify-full`) with `sslrootcert`, MySQL's names for the same, `socket` (also
 * `host=/folder` for PostgreSQL), and `pipeline=off` for a proxy before MySQL that cannot take statements back to back.
 * @throws DialoomError `DIALOOM_CONFIG_INVALID` that says what to write instead; it never holds the password
 */
export function parseServerUrl(text: string): ServerAddress {
  const dialect = dialectOf(text);
  if (dialect !== "postgres" && dialect !== "mysql") throw wrong(`${withoutPassword(text)} is not the URL of a database server`, "");
  const { port, example } = SHAPES[dialect];
  // PostgreSQL's own tools take a URL without a host
  const parts = URL.parse(text.replace(/^([a-z]+:\/\/[^/?#]*@)(?=\/)/i, "$1localhost"));
  const remedy = `write ${example}, with @ : / ? # and % in the password as %40 %3A %2F %3F %23 %25`;
  if (parts === null || !/^[^:]+:\/\//.test(text)) throw wrong(`the database URL ${withoutPassword(text)} cannot be read`, remedy);
  const database = decode(parts.pathname.replace(/^\//, ""));
  const unknown = [...parts.searchParams.keys()].filter((name) => !PARAMETERS.includes(name));
  if (unknown.length > 0) {
    throw wrong(
      `the database URL ${withoutPassword(text)} has the unknown parameter "${unknown[0]}"`,
      `known are ${PARAMETERS.join(", ")}`,
    );
  }
  if (database === undefined || database === "" || parts.hash !== "") {
    throw wrong(`the database URL ${withoutPassword(text)} does not name a database`, remedy);
  }
  const user = decode(parts.username);
  const password = decode(parts.password);
  if (user === undefined || password === undefined) {
    throw wrong(`the user or password in the database URL ${withoutPassword(text)} is not well escaped`, remedy);
  }
  const host = parts.hostname === "" ? "localhost" : parts.hostname.replace(/^\[(.*)\]$/, "$1");
  const socket = parts.searchParams.get("socket") ?? parts.searchParams.get("host") ?? undefined;
  return {
    dialect,
    name: withoutPassword(text),
    host,
    port: parts.port === "" ? port : Number(parts.port),
    socket: socket?.startsWith("/") === true ? socket : undefined,
    user: user === "" ? "opensips" : user,
    password,
    database,
    tls: tlsOf(parts, host),
    isPipelined: parts.searchParams.get("pipeline") !== "off",
  };
}

/** A URL as people may see it: what stands between the user's name and the host is gone, and so are parameters that name a password. */
export function withoutPassword(url: string): string {
  const start = url.indexOf("//");
  if (start < 0) return url.includes("@") ? url.slice(0, url.indexOf(":") + 1) : url;
  const rest = url.slice(start + 2);
  // the last @ ends the user's part even where a password holds / or #
  const at = rest.lastIndexOf("@");
  const user = at < 0 ? "" : `${rest.slice(0, at).split(":")[0] ?? ""}@`;
  return `${url.slice(0, start + 2)}${user}${rest.slice(at + 1).replace(/(pass[^=&]*=)[^&]*/gi, "$1…")}`;
}

function tlsOf(parts: URL, host: string): ConnectionOptions | undefined {
  const mode = (parts.searchParams.get("sslmode") ?? parts.searchParams.get("ssl-mode") ?? "disable").toLowerCase();
  const file = parts.searchParams.get("sslrootcert") ?? parts.searchParams.get("ssl-ca");
  const ca = file === null ? {} : { ca: readCertificate(file) };
  switch (mode.replaceAll("_", "-")) {
    case "disable":
    case "disabled":
      return undefined;
    case "require":
    case "required":
      return { ...ca, rejectUnauthorized: false };
    case "verify-ca":
      return { ...ca, rejectUnauthorized: true, checkServerIdentity: () => undefined };
    case "verify-full":
    case "verify-identity":
      return { ...ca, rejectUnauthorized: true, host };
    default:
      throw wrong(`sslmode=${mode} is unknown`, "write disable, require, verify-ca or verify-full");
  }
}

function readCertificate(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw wrong(`the certificate ${file} of a database URL cannot be read (${String(error)})`, "name a file in PEM format");
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function wrong(claim: string, remedy: string): DialoomError {
  return new DialoomError(ErrorCodes.ConfigInvalid, remedy === "" ? claim : `${claim}: ${remedy}`);
}
