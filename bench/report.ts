// What a program under measurement says of itself: live heap and time spent collecting on SIGUSR2; and its end on SIGTERM.

import { PerformanceObserver } from "node:perf_hooks";

/** @param close - the orderly end */
export function reportOnSignals(close: () => Promise<void>): void {
  let gcMs = 0;
  let forcedMs = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) gcMs += entry.duration;
  }).observe({ entryTypes: ["gc"] });

  process.on("SIGUSR2", () => {
    const spent = Math.max(0, gcMs - forcedMs);
    const start = performance.now();
    globalThis.gc?.();
    forcedMs += performance.now() - start; // the collection that we asked for is not the proxy's
    const { heapUsed, external } = process.memoryUsage();
    console.log(JSON.stringify({ liveBytes: heapUsed + external, gcMs: Math.round(spent) }));
  });

  process.on("SIGTERM", () => {
    void close().then(() => process.exit(0));
  });
}
