// Waiting, and what time it is.
import { Timer, type TimerOwner } from "../../../kit/index.ts";
import { type BoundCall, type FunctionDefinition, may, must, type Outcome } from "../../module.ts";
import { Routes, routeSet } from "../../routes.ts";
import type { Run } from "../../run.ts";
import { textOf, type Value } from "../../values.ts";
import { isWithin, parseRecurrence, type Recurrence } from "./recurrence.ts";

/** Functions of time. */
export function timeFunctions(): readonly FunctionDefinition[] {
  return [sleeping("sleep", 1000), sleeping("usleep", 0.001), checkTime, delta, accurateTime];
}

function sleeping(name: string, unitMs: number): FunctionDefinition {
  return {
    name,
    parameters: [must("time", "int")],
    routes: routeSet("RFOBLSTE"),
    isAsync: true,
    bind(call) {
      const time = call.int(0);
      return (run) => {
        const units = time(run);
        return units === undefined ? -1 : pause(run, name, units * unitMs);
      };
    },
  };
}

// Only this run waits; everything else goes on.
function pause(run: Run, name: string, ms: number): Outcome {
  if (ms <= 0) return 1;
  if (!run.mayWait) {
    run.error("cfgutils", name, `a ${run.kind} route cannot wait`);
    return -1;
  }
  return new Promise((resolve) => {
    const owner: TimerOwner = { onTimer: () => resolve(1) };
    run.services.timers.arm(new Timer(owner, 0), ms);
  });
}

const checkTime: FunctionDefinition = {
  name: "check_time_rec",
  parameters: [must("time_string", "text"), may("timestamp", "int")],
  routes: routeSet("RFOBLSTE"),
  resultMatters: true,
  bind(call) {
    const text = call.text(0);
    const stamp = call.has(1) ? call.int(1) : undefined;
    warnOfBad(call);
    return (run) => {
      const written = text(run);
      const seconds = stamp?.(run);
      if (written === undefined || (stamp !== undefined && seconds === undefined)) return -1;
      const { clock, zoneOffset } = run.services;
      const at = seconds === undefined ? clock.now() : seconds * 1000;
      const zoneMs = (zoneOffset?.(at) ?? 0) * 60_000;
      const recurrence: Recurrence | string = parseRecurrence(written, zoneMs);
      if (typeof recurrence === "string") {
        run.error("cfgutils", call.name, `bad time recurrence <${written}>: ${recurrence}`);
        return -1;
      }
      return isWithin(recurrence, Math.floor((at + zoneMs) / 1000) * 1000) ? 1 : -1;
    };
  },
};

function warnOfBad(call: BoundCall): void {
  const literal = call.literal(0);
  const problem = literal === undefined ? undefined : parseRecurrence(literal);
  if (typeof problem === "string") call.warn(0, `bad time recurrence <${literal}>: ${problem}`);
}

const delta: FunctionDefinition = {
  name: "ts_usec_delta",
  parameters: [
    must("t1_sec", "value"),
    must("t1_usec", "value"),
    must("t2_sec", "value"),
    must("t2_usec", "value"),
    may("delta_str", "output"),
    may("delta_int", "output"),
  ],
  routes: Routes.all,
  bind(call) {
    const parts = [0, 1, 2, 3].map((i) => call.value(i));
    const text = call.has(4) ? call.variable(4) : undefined;
    const number = call.has(5) ? call.variable(5) : undefined;
    return (run) => {
      const [s1, u1, s2, u2] = parts.map((part) => secondsOf(part(run)));
      if (s1 === undefined || u1 === undefined || s2 === undefined || u2 === undefined) {
        run.error("cfgutils", call.name, "the times must be numbers");
        return -1;
      }
      const difference = Math.abs((s1 - s2) * 1_000_000 + (u1 - u2));
      const fits = difference <= 0x7fffffff;
      // one that does not fit into an integer is text only
      if (text !== undefined && text.write?.(run, fits ? difference : String(difference), false) !== true) return -1;
      if (number !== undefined && (!fits || number.write?.(run, difference, false) !== true)) return -1;
      return 1;
    };
  },
};

function secondsOf(value: Value): number | undefined {
  const text = textOf(value)?.trim() ?? "";
  const number = Number(text);
  return text !== "" && Number.isSafeInteger(number) ? number : undefined;
}

const accurateTime: FunctionDefinition = {
  name: "get_accurate_time",
  parameters: [must("unix_sec", "output"), must("unix_usec", "output"), may("str_sec_usec", "output")],
  routes: Routes.all,
  bind(call) {
    const seconds = call.variable(0);
    const micros = call.variable(1);
    const text = call.has(2) ? call.variable(2) : undefined;
    return (run) => {
      const now = run.services.clock.now();
      const whole = Math.floor(now / 1000);
      const usec = Math.floor((now - whole * 1000) * 1000);
      const isDone = seconds.write?.(run, whole | 0, false) === true && micros.write?.(run, usec, false) === true;
      if (!isDone) return -1;
      return text === undefined || text.write?.(run, `${whole}.${String(usec).padStart(6, "0")}`, false) === true ? 1 : -1;
    };
  },
};
