// Chance: events that happen with a probability in percent.
import { randomUnit } from "../../../kit/index.ts";
import { type FunctionDefinition, type IntParameter, may, must } from "../../module.ts";
import { Routes } from "../../routes.ts";

/** `rand_event` and its probability, which all routes share. */
export function chanceFunctions(initial: IntParameter): readonly FunctionDefinition[] {
  let current: number | undefined;
  const probability = (): number => current ?? initial.value;
  return [
    {
      name: "rand_event",
      parameters: [may("probability", "int")],
      routes: Routes.all,
      resultMatters: true,
      bind(call) {
        const given = call.has(0) ? call.int(0) : probability;
        return (run) => {
          const percent = given(run);
          if (percent === undefined) return -1;
          return randomUnit(run.services.random) * 100 < percent ? 1 : -1;
        };
      },
    },
    {
      name: "rand_set_prob",
      parameters: [must("probability", "int")],
      routes: Routes.all,
      bind(call) {
        const given = call.int(0);
        return (run) => {
          const percent = given(run);
          if (percent === undefined) return -1;
          if (percent < 0 || percent > 100) {
            run.error("cfgutils", call.name, `a probability is 0 to 100, and ${percent} is not`);
            return -1;
          }
          current = percent;
          return 1;
        };
      },
    },
    {
      name: "rand_reset_prob",
      parameters: [],
      routes: Routes.all,
      bind: () => () => {
        current = undefined;
        return 1;
      },
    },
    // its result is the probability: 0 ends the script, as it does in the reference
    { name: "rand_get_prob", parameters: [], routes: Routes.all, bind: () => () => probability() },
  ];
}
