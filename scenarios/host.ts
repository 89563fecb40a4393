// Runs the routes of one scenario in a process of its own, on the built package, as an application would:
//
//   node scenarios/host.ts <scenario> --listen udp:127.0.0.1:PORT [--listen …] --mi 127.0.0.1:PORT
//
// Says "ready" when it listens. On SIGUSR2 it prints the longest pause of its loop since the last time. Ends on SIGTERM.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { type App, dialoom } from "dialoom";

interface Routes {
  readonly profiles?: readonly string[];
  routes(app: App): void;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { listen: { type: "string", multiple: true, default: [] }, mi: { type: "string", default: "" } },
});
const { profiles, routes } = (await import(`./${positionals[0]}/routes.ts`)) as Routes;
const app = dialoom({ listen: values.listen, mi: values.mi, profiles: [...(profiles ?? [])] });
routes(app);

const pauses = monitorEventLoopDelay({ resolution: 1 });
process.on("SIGUSR2", () => {
  console.log(JSON.stringify({ longestPauseMs: pauses.max / 1e6 }));
  pauses.reset();
});
process.on("SIGTERM", () => {
  void app.close().then(() => process.exit(0));
});

await app.listen();
pauses.enable();
console.log("ready");
