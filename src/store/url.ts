// URLs of databases: what kind they name, and whether two of them name the same. Those of servers are read in `servers/address.ts`.
import type { Dialect } from "./ports.ts";

const EXAMPLES = '"sqlite:///path/to/file", "postgres://user:password@host/database" or "mysql://user:password@host/database"';

/** What kind of database a URL names, by its scheme; undefined for none that is known. */
export function dialectOf(url: string): Dialect | undefined {
  switch (schemeOf(url)) {
    case "sqlite":
      return "sqlite";
    case "postgres":
    case "postgresql":
      return "postgres";
    case "mysql":
      return "mysql";
    default:
      return undefined;
  }
}

/**
 * The path of `sqlite:///abs/path`, `sqlite://relative`, `sqlite:relative`, `sqlite:/abs/path`.
 * @returns undefined for any other URL, and for one without a path
 */
export function sqlitePath(url: string): string | undefined {
  if (dialectOf(url) !== "sqlite") return undefined;
  const path = behindScheme(url);
  return path === "" || path === "/" ? undefined : path;
}

/** What is wrong with a text as the URL of a database; undefined when nothing is, as far as one can tell without opening it. */
export function databaseUrlProblem(text: string): string | undefined {
  const dialect = dialectOf(text);
  if (dialect === "sqlite" ? sqlitePath(text) !== undefined : dialect !== undefined && behindScheme(text) !== "") return undefined;
  // nothing of it is repeated but its first word: there may be a password in it
  const scheme = schemeOf(text);
  const claim = dialect === undefined ? "is not the URL of a database" : "names no database";
  return `${scheme === "" ? "a text without a scheme" : `"${scheme}:"`} ${claim}; write ${EXAMPLES}`;
}

/**
 * One spelling for each database: `sqlite:path` for files, `postgres:…` for both words for it. Two ways to write one file's path, or
 * one server's address, are two databases all the same.
 */
export function databaseKey(url: string): string {
  const dialect = dialectOf(url);
  return dialect === undefined ? url : `${dialect}:${behindScheme(url)}`;
}

function schemeOf(url: string): string {
  return url.slice(0, Math.max(0, url.indexOf(":"))).toLowerCase();
}

function behindScheme(url: string): string {
  const rest = url.slice(url.indexOf(":") + 1);
  return rest.startsWith("//") ? rest.slice(2) : rest;
}
