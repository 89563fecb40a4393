// statistics: numbers that a script counts itself (script-language 8.8). They stand beside those of the engine.
import { type Counter, keep, type Statistic, type Statistics } from "../../kit/index.ts";
import { type FunctionDefinition, ListParameter, must, type ScriptModule } from "../module.ts";
import { Routes, routeSet } from "../routes.ts";
import type { Run } from "../run.ts";
import { statisticsVariables } from "../variables/index.ts";
import { parseProfile, Series, type SeriesProfile } from "./statistics/series.ts";

const ANY = routeSet("RFOBLSTE");
const DYNAMIC = "dynamic";
/** Names may be made of what messages say: no more of them than this. */
const MAX_NAMES = 65_536;
const MAX_ITERATORS = 1000;

/** What the functions of one script share. */
interface State {
  readonly groups: Set<string>;
  readonly profiles: Map<string, SeriesProfile>;
  readonly series: Map<string, Series>;
  readonly iterators: Map<string, { readonly all: readonly Statistic[]; at: number }>;
  names: number;
}

/** Makes the module. */
export function statistics(): ScriptModule {
  const state: State = { groups: new Set([DYNAMIC]), profiles: new Map(), series: new Map(), iterators: new Map(), names: 0 };
  const variable = new ListParameter("variable", (text) => (parseVariable(text).name === "" ? "a statistic needs a name" : undefined));
  const groups = new ListParameter("stat_groups", (text) => {
    for (const group of text.split(",")) if (group.trim() !== "") state.groups.add(group.trim());
    return undefined;
  });
  const profiles = new ListParameter("stat_series_profile", (text) => {
    const profile = parseProfile(text);
    if (typeof profile === "string") return profile;
    state.profiles.set(profile.name, profile);
    return undefined;
  });
  return {
    name: "statistics",
    parameters: [variable, groups, profiles],
    variables: statisticsVariables(),
    functions: [updateStat(state), resetStat, iterInit(state), iterNext(state), updateSeries(state)],
    check: () =>
      variable.values.flatMap((text) => {
        const { group } = parseVariable(text);
        return state.groups.has(group) ? [] : [`unknown statistics group <${group}>: name it in stat_groups`];
      }),
    attach(services) {
      for (const text of variable.values) {
        const { group, name, isResettable } = parseVariable(text);
        services.statistics.counter(group, name, isResettable);
        state.names++;
      }
    },
  };
}

/** `[group:]name[/no_reset]`. */
function parseVariable(text: string): { readonly group: string; readonly name: string; readonly isResettable: boolean } {
  const slash = text.indexOf("/");
  const { group, name } = parseName((slash < 0 ? text : text.slice(0, slash)).trim());
  return { group, name, isResettable: slash < 0 || text.slice(slash + 1).trim() !== "no_reset" };
}

function parseName(text: string): { readonly group: string; readonly name: string } {
  const colon = text.indexOf(":");
  return colon < 0 ? { group: DYNAMIC, name: text } : { group: text.slice(0, colon), name: text.slice(colon + 1) };
}

function updateStat(state: State): FunctionDefinition {
  return {
    name: "update_stat",
    parameters: [must("variable", "text"), must("value", "int")],
    routes: ANY,
    bind(call) {
      const literal = call.literal(0);
      const text = call.text(0);
      const value = call.int(1);
      let known: Counter | undefined;
      return (run) => {
        const change = value(run);
        const name = known === undefined ? text(run) : "";
        if (name === undefined || change === undefined) return -1;
        const counter = known ?? counterFor(run, state, name);
        if (counter === undefined) return -1;
        if (literal !== undefined) known = counter;
        counter.add(change);
        return 1;
      };
    },
  };
}

// One that nobody has declared begins to exist when it is first counted.
function counterFor(run: Run, state: State, text: string): Counter | undefined {
  const all: Statistics = run.services.statistics;
  const found = all.find(text);
  if (found !== undefined) {
    const counter = all.counterOf(found);
    if (counter === undefined) run.error("statistics", "update_stat", `<${text}> is computed and cannot be counted`);
    return counter;
  }
  const { group, name } = parseName(text);
  if (!state.groups.has(group) || name === "") {
    run.error("statistics", "update_stat", `unknown statistic <${text}>`);
    return undefined;
  }
  if (state.names >= MAX_NAMES) {
    run.error("statistics", "update_stat", `more than ${MAX_NAMES} statistics`);
    return undefined;
  }
  state.names++;
  return all.counter(group, keep(name));
}

const resetStat: FunctionDefinition = {
  name: "reset_stat",
  parameters: [must("variable", "text")],
  routes: ANY,
  bind(call) {
    const text = call.text(0);
    return (run) => {
      const name = text(run);
      const found = name === undefined ? undefined : run.services.statistics.find(name);
      if (found === undefined) {
        if (name !== undefined) run.error("statistics", "reset_stat", `unknown statistic <${name}>`);
        return -1;
      }
      found.reset();
      return 1;
    };
  },
};

function iterInit(state: State): FunctionDefinition {
  return {
    name: "stat_iter_init",
    parameters: [must("group", "text"), must("iter", "text")],
    routes: ANY,
    bind(call) {
      const group = call.text(0);
      const iterator = call.text(1);
      return (run) => {
        const name = group(run);
        const key = iterator(run);
        if (name === undefined || key === undefined) return -1;
        const all = run.services.statistics.list(name);
        if (all.length === 0 && !state.groups.has(name)) {
          run.error("statistics", "stat_iter_init", `unknown statistics group <${name}>`);
          return -1;
        }
        if (state.iterators.size >= MAX_ITERATORS && !state.iterators.has(key)) return -1;
        state.iterators.set(keep(key), { all, at: 0 });
        return 1;
      };
    },
  };
}

function iterNext(state: State): FunctionDefinition {
  return {
    name: "stat_iter_next",
    parameters: [must("name", "output"), must("val", "output"), must("iter", "text")],
    routes: ANY,
    resultMatters: true,
    bind(call) {
      const name = call.variable(0);
      const value = call.variable(1);
      const iterator = call.text(2);
      return (run) => {
        const key = iterator(run);
        const found = key === undefined ? undefined : state.iterators.get(key);
        if (found === undefined) {
          if (key !== undefined) run.error("statistics", "stat_iter_next", `iterator <${key}> was never begun`);
          return -1;
        }
        const statistic = found.all[found.at];
        if (statistic === undefined) return -1;
        found.at++;
        const isWritten = name.write?.(run, statistic.name, false) === true && value.write?.(run, statistic.read() | 0, false) === true;
        return isWritten ? 1 : -1;
      };
    },
  };
}

function updateSeries(state: State): FunctionDefinition {
  return {
    name: "update_stat_series",
    parameters: [must("profile", "text"), must("variable", "text"), must("value", "int")],
    routes: Routes.all,
    bind(call) {
      const literal = call.literal(0);
      if (literal !== undefined && !state.profiles.has(literal)) call.fault(0, `unknown statistics profile <${literal}>`);
      const profileName = call.text(0);
      const variable = call.text(1);
      const value = call.int(2);
      return (run) => {
        const profile = state.profiles.get(profileName(run) ?? "");
        const name = variable(run);
        const number = value(run);
        if (profile === undefined || name === undefined || number === undefined) return -1;
        const { clock } = run.services;
        const series = seriesOf(run, state, profile, name);
        if (series === undefined) return -1;
        series.add(number, clock.monotonic());
        return 1;
      };
    },
  };
}

function seriesOf(run: Run, state: State, profile: SeriesProfile, name: string): Series | undefined {
  const full = `${profile.group}:${name}`;
  const known = state.series.get(full);
  if (known !== undefined) return known;
  const { clock, statistics: all } = run.services;
  if (state.names >= MAX_NAMES || all.find(full) !== undefined) {
    run.error("statistics", "update_stat_series", `no room for <${full}>`);
    return undefined;
  }
  state.names++;
  const series = new Series(profile, clock.monotonic());
  state.series.set(full, series);
  all.gauge(profile.group, keep(name), () => series.read(clock.monotonic()));
  return series;
}
