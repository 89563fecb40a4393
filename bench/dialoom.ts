// Dialoom as the program under measurement: the routing logic of kamailio.cfg in TypeScript.
//
//   node --max-semi-space-size=8 bench/dialoom.ts --listen udp:127.0.0.1:PORT --to sip:127.0.0.1:PORT --mi PORT [--store URL]
//
// Prints "ready" when it listens; on SIGUSR2 the live heap and the time spent collecting; ends on SIGTERM.

import { parseArgs } from "node:util";
import { dialoom } from "../src/index.ts";
import { reportOnSignals } from "./report.ts";

const { values: options } = parseArgs({
  options: {
    listen: { type: "string", default: "udp:127.0.0.1:5060" },
    to: { type: "string", default: "sip:127.0.0.1:5080" },
    mi: { type: "string", default: "8888" },
    store: { type: "string" },
  },
});

const app = dialoom({
  listen: [options.listen],
  mi: `127.0.0.1:${options.mi}`,
  profiles: [{ name: "calls", withValue: false }, "caller"],
  ...(options.store === undefined ? {} : { store: options.store }),
});
const calls = app.profile("calls");
const caller = app.profile("caller");

app.invite((call) => {
  const user = call.from.uri.user ?? "";
  const dialog = call.track({ lifetime: "1h" });
  dialog.link(calls);
  dialog.link(caller, user);
  dialog.set("account", user);
  call.relay(options.to);
});

reportOnSignals(() => app.close());

await app.listen();
console.log("ready");
