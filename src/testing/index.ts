export * from "./agent/index.ts";
export { type CancelScheduled, TEST_EPOCH, TestAlarm, TestClock } from "./clock.ts";
export { type Conditions, PERFECT } from "./network/conditions.ts";
export { MemoryNetwork, type MemoryNetworkOptions, type PacketEvent } from "./network/memory.ts";
export { SeededRandom, seededRandom } from "./random.ts";
