// A proof is a test by file and name. This reads the tests of a file, so that no list can name a test that does not exist.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A test: its file from the root of the project, and its name as the file has it (`${…}` where the name is made from a table). */
export interface Proof {
  readonly file: string;
  readonly name: string;
}

/** What comes with a part of the project that is not there yet. */
export type LaterPart = "databases" | "shared profiles over a cache" | "cluster" | "WebSocket" | "metrics";

const read = new Map<string, ReadonlySet<string>>();

/**
 * Names of the tests and suites of a file, as they stand in it.
 * @returns an empty set when there is no such file
 */
export function testNames(file: string): ReadonlySet<string> {
  let names = read.get(file);
  if (names === undefined) {
    names = new Set(namesIn(textOf(file)));
    read.set(file, names);
  }
  return names;
}

/** Whether the test exists. */
export function exists({ file, name }: Proof): boolean {
  return testNames(file).has(name);
}

function textOf(file: string): string {
  try {
    return readFileSync(join(ROOT, file), "utf8");
  } catch {
    return "";
  }
}

function* namesIn(text: string): Generator<string> {
  // a name stands right behind the bracket: in quotes, or in backticks when it is made of parts
  for (const match of text.matchAll(
    /(?<![\w.])(?:test|describe)\(\s*(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`)/g,
  )) {
    const [, double, single, template] = match;
    yield (double ?? single ?? template ?? "").replaceAll(/\\(.)/g, "$1");
  }
}
