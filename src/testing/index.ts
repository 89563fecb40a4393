export * from "./agent/index.ts";
export { type CancelScheduled, TEST_EPOCH, TestAlarm, TestClock } from "./clock.ts";
export { type Conditions, PERFECT } from "./network/conditions.ts";
export { MemoryNetwork, type MemoryNetworkOptions, type PacketEvent } from "./network/memory.ts";
export { Child, type ChildEnd, type ChildOptions, eventually } from "./process/child.ts";
export { type ListedDialog, Management, ManagementError } from "./process/management.ts";
export { freePort, freePorts } from "./process/ports.ts";
export { SeededRandom, seededRandom } from "./random.ts";
export { Sipp, type SippOptions, type SippResult, sippMissing } from "./sipp.ts";
