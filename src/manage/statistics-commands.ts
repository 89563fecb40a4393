// Reading, listing and resetting numbers (ST-4 to ST-6).
import type { Statistic, Statistics } from "../kit/index.ts";
import type { Commands } from "./commands.ts";
import { list } from "./definition.ts";
import { fail, type MiError } from "./errors.ts";
import type { JsonObject } from "./json.ts";

interface Found {
  readonly statistic: Statistic;
  /** The item was a bare name. */
  readonly isBare: boolean;
}

/** Adds `get_statistics list_statistics reset_statistics`. */
export function registerStatisticsCommands(commands: Commands, statistics: Statistics): void {
  const notFound = (): MiError => fail(404, "Statistics Not Found");

  commands.register({
    name: "get_statistics",
    modern: ["statistics:get"],
    module: "statistics",
    help: "reads numbers: all, group: for a whole group, a name, or group:name",
    forms: [[list("statistics")]],
    run: (args) => {
      const found = pick(statistics, args.list("statistics") ?? []);
      if (found.length === 0) return notFound();
      return members(found.map(({ statistic }) => [fullName(statistic), statistic.read()]));
    },
  });

  commands.register({
    name: "list_statistics",
    modern: ["statistics:list"],
    module: "statistics",
    help: "lists numbers and whether they only ever grow: all of them, group: for a whole group, a name, or group:name",
    forms: [[], [list("statistics")]],
    run: (args) => {
      const items = args.list("statistics") ?? ["all"];
      const found = pick(statistics, items);
      if (found.length === 0) return notFound();
      const isAlone = items.length === 1;
      return members(
        found.map(({ statistic, isBare }) => [
          isAlone && isBare ? statistic.name : fullName(statistic),
          statistic.isResettable ? "incremental" : "non-incremental",
        ]),
      );
    },
  });

  commands.register({
    name: "reset_statistics",
    modern: ["statistics:reset"],
    module: "statistics",
    help: "sets counters back to 0; numbers that are no counters stay as they are",
    forms: [[list("statistics")]],
    run: (args) => {
      const found = pick(statistics, args.list("statistics") ?? []);
      if (found.length === 0) return notFound();
      for (const { statistic } of found) statistic.reset();
      return "OK";
    },
  });
}

/** In the order of the request, then of registration; what does not exist is passed over. */
function pick(statistics: Statistics, items: readonly string[]): readonly Found[] {
  const found = new Map<Statistic, Found>();
  const add = (statistic: Statistic, isBare: boolean): void => {
    if (!found.has(statistic)) found.set(statistic, { statistic, isBare });
  };
  for (const item of items) {
    if (item === "all") for (const statistic of statistics.list()) add(statistic, false);
    else if (item.endsWith(":")) for (const statistic of statistics.list(item.slice(0, -1))) add(statistic, false);
    else {
      const statistic = statistics.find(item);
      if (statistic !== undefined) add(statistic, !item.includes(":"));
    }
  }
  return [...found.values()];
}

function fullName({ group, name }: Statistic): string {
  return `${group}:${name}`;
}

function members(entries: readonly (readonly [string, string | number])[]): JsonObject {
  return Object.fromEntries(entries);
}
