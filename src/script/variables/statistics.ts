// $stat: the numbers of the engine and those a script counts itself.
import type { Statistic } from "../../kit/index.ts";
import type { VariableDefinition } from "../module.ts";
import type { Run } from "../run.ts";
import type { Value } from "../values.ts";
import { inContext } from "./context.ts";
import { innerOf, refuseIndex } from "./define.ts";

/** `$stat(name)`, `$stat(group:name)`. Writing resets, whatever is written. */
export function statisticsVariables(): readonly VariableDefinition[] {
  return [{ name: "stat", inner: "required", isWritable: true, bind: bindStatistic }];
}

const bindStatistic: VariableDefinition["bind"] = (reference) => {
  refuseIndex(reference);
  const inner = innerOf(reference);
  let found: Statistic | undefined;
  const find = (run: Run): Statistic | undefined => {
    if (typeof inner === "string") {
      // numbers are registered for good, but some only once something has happened
      found ??= run.services.statistics.find(inner);
      return found;
    }
    const name = inner(run);
    return name === undefined ? undefined : run.services.statistics.find(name);
  };
  return inContext(reference, {
    read: (run): Value => {
      const statistic = find(run);
      return statistic === undefined ? null : statistic.read() | 0;
    },
    write(run) {
      const statistic = find(run);
      if (statistic === undefined) {
        run.error("statistics", "pv_set_stat", "there is no such statistic");
        return false;
      }
      statistic.reset();
      return true;
    },
  });
};
