// Runs the routes of one scenario in a process of its own, on the built package, as an application would:
//
//   node scenarios/host.ts <scenario> --listen udp:127.0.0.1:PORT [--listen …] --mi 127.0.0.1:PORT
//
// Says "ready" when it listens. Ends on SIGTERM.
import { parseArgs } from "node:util";
import { type App, dialoom } from "dialoom";
import "./pauses.ts";

interface Routes {
  readonly profiles?: readonly string[];
  routes(app: App): void;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { listen: { type: "string", multiple: true, default: [] }, mi: { type: "string", default: "" } },
});
const { profiles, routes } = (await import(`./${positionals[0]}/routes.ts`)) as Routes;
// calls are forgotten sooner than usual, because every scenario waits for that
const app = dialoom({ listen: values.listen, mi: values.mi, profiles: [...(profiles ?? [])], wtTimer: "2s" });
routes(app);

process.on("SIGTERM", () => {
  void app.close().then(() => process.exit(0));
});

await app.listen();
console.log("ready");
