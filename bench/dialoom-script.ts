// Dialoom with a script as the program under measurement: opensips.cfg beside this file, the same logic as in dialoom.ts.
//
//   node --max-semi-space-size=8 bench/dialoom-script.ts --listen udp:127.0.0.1:PORT --to sip:127.0.0.1:PORT --mi PORT
//
// Prints "ready" when it listens; see report.ts for its signals.

import { join } from "node:path";
import { parseArgs } from "node:util";
import { hasErrors, loadScript, ScriptServer, systemFiles } from "../src/server/index.ts";
import { reportOnSignals } from "./report.ts";

const { values: options } = parseArgs({
  options: {
    listen: { type: "string", default: "udp:127.0.0.1:5060" },
    to: { type: "string", default: "sip:127.0.0.1:5080" },
    mi: { type: "string", default: "8888" },
  },
});

const loaded = loadScript({
  file: join(import.meta.dirname, "opensips.cfg"),
  reader: systemFiles(undefined),
  listen: [options.listen],
  argv: new Map([["to", options.to]]),
  options: { mi: `127.0.0.1:${options.mi}` },
});
if (hasErrors(loaded.problems)) {
  console.error(loaded.problems);
  process.exit(255);
}
const { server } = new ScriptServer(loaded);
reportOnSignals(() => server.close());
await server.listen();
console.log("ready");
