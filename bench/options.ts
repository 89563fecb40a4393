// The command line: npm run bench -- [--quick] [--only PART]… [--proxy NAME]… [--runs N] [--write]

import { parseArgs } from "node:util";
import { DATABASE_OF, type ProxyName } from "./proxies.ts";

export const PARTS = ["cpu", "rate", "memory", "latency", "soak", "micro", "stores"] as const;
export type Part = (typeof PARTS)[number];

/** Parts that need neither Kamailio nor SIPp. */
export const OWN_PARTS: readonly Part[] = ["micro", "stores"];

const PROXIES: Readonly<Record<string, ProxyName>> = {
  kamailio: "kamailio",
  tuned: "kamailioTuned",
  dialoom: "dialoom",
  script: "dialoomScript",
  "dialoom-sqlite": "dialoomSqlite",
  "dialoom-postgres": "dialoomPostgres",
  "dialoom-mariadb": "dialoomMariadb",
};

/** What to measure, and how long. */
export interface BenchOptions {
  readonly isQuick: boolean;
  readonly parts: readonly Part[];
  readonly proxies: readonly ProxyName[];
  /** Whether the proxies were chosen by name. */
  readonly isChoice: boolean;
  /** Alternations per part; each gives one figure per proxy, and the median counts. */
  readonly runs: number;
  /** Whether results.md and results.json are written; a quick run only prints unless told otherwise. */
  readonly writes: boolean;
}

const USAGE = `npm run bench -- [options]      everything takes over an hour; let the machine do nothing else meanwhile
  --quick            shorter runs, two of each, printed and not written: a first impression, not a figure
  --only PART        cpu, rate, memory, latency, soak, micro or stores; may be given several times
  --proxy NAME       kamailio, tuned, dialoom, script, or dialoom-sqlite, dialoom-postgres, dialoom-mariadb: with its calls in a database;
                     may be given several times (default all; those with databases in the part cpu only)
  --runs N           alternating runs per part (default 5, quick 2; memory, rate and latency: 3, quick 1)
  --write            write bench/results.md and bench/results.json also after a quick run`;

/**
 * Reads the arguments.
 * @returns the options, or the text to show instead: help, or what is wrong with the arguments
 */
export function readOptions(argv: readonly string[]): BenchOptions | string {
  let values: ReturnType<typeof parse>["values"];
  try {
    values = parse(argv).values;
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`;
  }
  if (values.help === true) return USAGE;
  const parts = (values.only ?? []).flatMap((list) => list.split(","));
  const unknown = parts.filter((part) => !isPart(part));
  if (unknown.length > 0) return `Unknown part: ${unknown.join(", ")}\n\n${USAGE}`;
  const names = (values.proxy ?? []).flatMap((list) => list.split(","));
  const strangers = names.filter((name) => PROXIES[name] === undefined);
  if (strangers.length > 0) return `Unknown proxy: ${strangers.join(", ")}\n\n${USAGE}`;
  const isQuick = values.quick === true;
  const runs = Number(values.runs ?? (isQuick ? 2 : 5));
  if (!Number.isInteger(runs) || runs < 1 || runs > 50) return `--runs is a number from 1 to 50\n\n${USAGE}`;
  return {
    isQuick,
    parts: parts.length > 0 ? PARTS.filter((part) => parts.includes(part)) : PARTS,
    proxies: Object.entries(PROXIES)
      .filter(([name]) => names.length === 0 || names.includes(name))
      .map(([, proxy]) => proxy),
    isChoice: names.length > 0,
    runs,
    writes: !isQuick || values.write === true,
  };
}

/** The proxies that a part is about. */
export function proxiesOf(part: Part, { proxies, isChoice }: Pick<BenchOptions, "proxies" | "isChoice">): readonly ProxyName[] {
  return isChoice || part === "cpu" ? proxies : proxies.filter((proxy) => DATABASE_OF[proxy] === undefined);
}

/** Fewer runs for the parts that take long: three where the CPU part makes five, one where it makes two. */
export function fewerRuns(runs: number): number {
  return Math.max(1, Math.ceil(runs / 2));
}

function isPart(text: string): text is Part {
  return (PARTS as readonly string[]).includes(text);
}

function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    options: {
      quick: { type: "boolean" },
      only: { type: "string", multiple: true },
      proxy: { type: "string", multiple: true },
      runs: { type: "string" },
      write: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
}
