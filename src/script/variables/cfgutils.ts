// Variables of cfgutils: $RANDOM, $shv, $ctime.
import { keep } from "../../kit/index.ts";
import type { VariableDefinition } from "../module.ts";
import type { Run } from "../run.ts";
import type { Value } from "../values.ts";
import { fielded, named, plain, type Reader } from "./define.ts";
import type { LocalTime } from "./strftime.ts";
import { isDaylight, localTime } from "./time.ts";

/** Most shared variables; names may be made at run time. */
const MAX_SHARED = 65_536;

/** What the module keeps for its variables. */
export interface CfgutilsStore {
  /** `$shv`: values that live as long as the program, by name. `shvset` fills it. */
  readonly shared: Map<string, Value>;
}

/** `$RANDOM`, `$shv(name)`, `$ctime(field)`. */
export function cfgutilsVariables({ shared }: CfgutilsStore): readonly VariableDefinition[] {
  return [
    plain("RANDOM", (run) => run.services.random.uint32() >>> 1),
    named(
      "shv",
      (_run, name) => shared.get(name) ?? null,
      (run, name, value) => {
        if (value === null) shared.delete(name);
        else if (shared.size >= MAX_SHARED && !shared.has(name)) return tooMany(run, name);
        else shared.set(keep(name), typeof value === "string" ? keep(value) : value);
        return true;
      },
    ),
    fielded("ctime", {
      sec: clock((time) => time.second),
      min: clock((time) => time.minute),
      hour: clock((time) => time.hour),
      mday: clock((time) => time.day),
      mon: clock((time) => time.month),
      year: clock((time) => time.year),
      wday: clock((time) => time.weekday + 1),
      yday: clock((time) => time.yearday),
      isdst: (run) => (isDaylight(run) ? 1 : 0),
    }),
  ];
}

function clock(field: (time: LocalTime) => number): Reader {
  return (run) => field(localTime(run));
}

function tooMany(run: Run, name: string): false {
  run.error("cfgutils", "pv_set_shvar", `no room for $shv(${name})`);
  return false;
}
