// Variables of cfgutils: $RANDOM, $shv, $ctime.
import { keep } from "../../kit/index.ts";
import type { VariableDefinition } from "../module.ts";
import type { Run } from "../run.ts";
import type { Value } from "../values.ts";
import { fielded, named, plain, type Reader } from "./define.ts";
import type { CivilTime } from "./strftime.ts";
import { isDaylight, localTime } from "./time.ts";

/** Most shared variables; names may be made at run time. */
const MAX_SHARED = 65_536;

/** `$shv`: values that live as long as the program. Made by the module, which fills it from `shvset`. */
export class SharedValues {
  readonly #values = new Map<string, Value>();

  get(name: string): Value {
    return this.#values.get(name) ?? null;
  }
  /** NULL takes it away. @returns false when there are too many */
  set(name: string, value: Value): boolean {
    if (value === null) this.#values.delete(name);
    else if (this.#values.size >= MAX_SHARED && !this.#values.has(name)) return false;
    else this.#values.set(keep(name), typeof value === "string" ? keep(value) : value);
    return true;
  }
  /** All of them, in the order first written: for the management commands. */
  entries(): Iterable<readonly [name: string, value: Value]> {
    return this.#values.entries();
  }
}

/** `$RANDOM`, `$shv(name)`, `$ctime(field)`. */
export function cfgutilsVariables(shared: SharedValues): readonly VariableDefinition[] {
  return [
    plain("RANDOM", (run) => run.services.random.uint32() >>> 1),
    named(
      "shv",
      (_run, name) => shared.get(name),
      (run, name, value) => shared.set(name, value) || tooMany(run, name),
    ),
    fielded("ctime", {
      sec: clock((time) => time.second),
      min: clock((time) => time.minute),
      hour: clock((time) => time.hour),
      mday: clock((time) => time.day),
      mon: clock((time) => time.month),
      year: clock((time) => time.year),
      wday: clock((time) => time.weekday + 1),
      yday: clock((time) => time.yearday + 1),
      isdst: (run) => (isDaylight(run) ? 1 : 0),
    }),
  ];
}

function clock(field: (time: CivilTime) => number): Reader {
  return (run) => field(localTime(run));
}

function tooMany(run: Run, name: string): false {
  run.error("cfgutils", "pv_set_shvar", `no room for $shv(${name})`);
  return false;
}
