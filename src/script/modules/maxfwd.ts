// maxfwd: how far a request may still go (proxy-core 5.3).
import { IntParameter, type ModuleFactory, must } from "../module.ts";
import { routeSet } from "../routes.ts";

/** The module `maxfwd`. */
export const maxfwd: ModuleFactory = () => {
  const limit = new IntParameter("max_limit", 256, 1, 256);
  return {
    name: "maxfwd",
    parameters: [limit],
    functions: [
      {
        name: "mf_process_maxfwd_header",
        parameters: [must("max", "int")],
        routes: routeSet("R"),
        bind: (call) => {
          const max = call.int(0);
          const literal = call.literal(0);
          if (literal !== undefined && !isHops(Number(literal))) call.fault(0, "Max-Forwards is 1 to 255");
          return (run) => {
            const hops = max(run);
            const { request } = run;
            if (hops === undefined || request === undefined) return -2;
            if (isHops(hops)) return request.decrementMaxForwards(hops);
            run.error("maxfwd", "w_process_maxfwd_header", `invalid Max-Forwards ${hops}`);
            return -2;
          };
        },
      },
      {
        name: "is_maxfwd_lt",
        parameters: [must("max", "int")],
        routes: routeSet("RFB"),
        bind: (call) => {
          const max = call.int(0);
          return (run) => {
            const least = max(run);
            const hops = run.request?.request.maxForwards ?? -1;
            if (least === undefined || hops < 0) return -2;
            return hops < least ? 1 : -1;
          };
        },
      },
    ],
    variables: [],
    // 256 of the reference means the largest that the header can say
    options: () => (limit.isSet ? { maxForwardsLimit: Math.min(limit.value, 255) } : {}),
  };
};

function isHops(value: number): boolean {
  return value >= 1 && value <= 255;
}
