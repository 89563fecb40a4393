// $time and its kin.
import { msOf } from "../calendar.ts";
import type { VariableDefinition } from "../module.ts";
import type { Run } from "../run.ts";
import { named, plain } from "./define.ts";
import { type LocalTime, localTimeAt, strftime } from "./strftime.ts";

/** `$time(format) $Ts $Tsm $TS $Tf`. */
export function timeVariables(): readonly VariableDefinition[] {
  return [
    named("time", (run, format) => strftime(format, localTime(run))),
    plain("Ts", (run) => Math.floor(run.services.clock.now() / 1000) | 0),
    plain("Tsm", (run) => (Math.floor(run.services.clock.now()) % 1000) * 1000),
    plain("TS", (run) => Math.floor((run.services.startedAt ?? run.services.clock.now()) / 1000) | 0),
    plain("Tf", (run) => strftime("%c", localTime(run))),
  ];
}

/** The present moment on the local clock. */
export function localTime(run: Run): LocalTime {
  const { clock, zoneOffset } = run.services;
  const now = clock.now();
  return localTimeAt(now, zoneOffset?.(now) ?? 0);
}

/** Whether daylight saving time holds: local time is ahead of what it is in the other half of the year. */
export function isDaylight(run: Run): boolean {
  const { offset, year } = localTime(run);
  const { zoneOffset } = run.services;
  if (zoneOffset === undefined) return false;
  return offset > Math.min(zoneOffset(msOf(year, 1, 1)), zoneOffset(msOf(year, 7, 1)));
}
