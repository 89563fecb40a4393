// A running server as a process: signals, the orderly end, bugs that nobody caught.
import type { Server } from "../server/index.ts";
import { endWith } from "./end.ts";
import { Shutdown } from "./shutdown.ts";

/** Ends the process with the server: status 0 after a graceful end, 1 when a bug ends it. */
export function serveUntilStopped(server: Server): void {
  const shutdown = new Shutdown({
    close: () => server.close(),
    isSaving: () => server.engine.isSaving,
    exit: endWith,
    say: (text) => server.log.info({}, text),
    monotonic: () => performance.now(),
    after: (ms, go) => setTimeout(go, ms).unref(),
  });
  process.on("SIGTERM", () => shutdown.signal("SIGTERM"));
  process.on("SIGINT", () => shutdown.signal("SIGINT"));
  // a closed terminal takes the proxy with it; a daemon has none, and the signal asks it to do nothing yet
  process.on("SIGHUP", () => process.stdout.isTTY && shutdown.signal("SIGHUP"));
  // instead of Node's own meaning, which is to open a debugger
  process.on("SIGUSR1", () => server.log.info({ memory: process.memoryUsage() }, "memory"));
  process.on("SIGUSR2", () => {});
  const fatal = (error: unknown): void => {
    server.log.error({ err: error }, "a bug: ending");
    shutdown.begin("uncaught error", 1);
  };
  process.on("uncaughtException", fatal);
  process.on("unhandledRejection", fatal);
  server.stopRequested.then(() => shutdown.begin("management command", 0));
}
