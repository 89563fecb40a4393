// cfgutils: waiting, chance, locks, shared variables (script-language 8.8).
import { IntParameter, ListParameter, type ScriptModule } from "../module.ts";
import { int32, type Value } from "../values.ts";
import { cfgutilsVariables } from "../variables/index.ts";
import { chanceFunctions } from "./cfgutils/chance.ts";
import { lockFunctions } from "./cfgutils/lock-functions.ts";
import { timeFunctions } from "./cfgutils/time-functions.ts";
import { valueFunctions } from "./cfgutils/value-functions.ts";

/** Makes the module. */
export function cfgutils(): ScriptModule {
  const probability = new IntParameter("initial_probability", 10, 0, 100);
  const poolSize = new IntParameter("lock_pool_size", 32, 1, 65_536);
  const shared = new Map<string, Value>();
  const seeds = new Map<string, Value>();
  const shvset = new ListParameter("shvset", (text) => setSeed(shared, text));
  const varset = new ListParameter("varset", (text) => setSeed(seeds, text));
  return {
    name: "cfgutils",
    parameters: [probability, poolSize, shvset, varset],
    variables: cfgutilsVariables({ shared }),
    functions: [...timeFunctions(), ...chanceFunctions(probability), ...lockFunctions(poolSize), ...valueFunctions()],
    seeds: () => seeds,
    check: () =>
      (poolSize.value & (poolSize.value - 1)) === 0 ? [] : [`lock_pool_size must be a power of 2, and ${poolSize.value} is none`],
  };
}

/** `name=s:text`, `name=i:5`. @returns what is wrong with it */
function setSeed(values: Map<string, Value>, text: string): string | undefined {
  const equals = text.indexOf("=");
  const name = text.slice(0, Math.max(equals, 0)).trim();
  const type = text.charAt(equals + 1).toLowerCase();
  if (name === "" || text.charAt(equals + 2) !== ":" || (type !== "s" && type !== "i")) return "write it like name=s:text or name=i:5";
  const value = text.slice(equals + 3);
  if (type === "s") {
    values.set(name, value);
    return undefined;
  }
  const number = Number(value.trim());
  if (value.trim() === "" || !Number.isInteger(number)) return `<${value}> is no integer`;
  values.set(name, int32(number));
  return undefined;
}
