// The runtime's own figures, from Node.
import { totalmem } from "node:os";
import { performance } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { Ms } from "../kit/index.ts";
import type { MemoryUsage, MeterPort } from "./ports.ts";

export class NodeMeter implements MeterPort {
  memory(): MemoryUsage {
    const heap = getHeapStatistics();
    const constrained = process.constrainedMemory();
    const machine = totalmem();
    return {
      heapLimit: heap.heap_size_limit,
      heapTotal: heap.total_heap_size,
      heapUsed: heap.used_heap_size,
      rss: process.memoryUsage.rss(),
      // kilobytes
      maxRss: process.resourceUsage().maxRSS * 1024,
      // 0 or an absurd number where there is no limit
      machineTotal: constrained > 0 && constrained < machine ? constrained : machine,
    };
  }

  eventLoop(): { readonly activeMs: Ms; readonly idleMs: Ms } {
    const { active, idle } = performance.eventLoopUtilization();
    return { activeMs: active, idleMs: idle };
  }
}
