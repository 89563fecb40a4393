export * from "./agent/index.ts";
export { type CancelScheduled, TEST_EPOCH, TestAlarm, TestClock } from "./clock.ts";
export {
  type DatabaseServer,
  type DatabaseServerOptions,
  MariadbServer,
  mariadbMissing,
  PostgresServer,
  postgresMissing,
  Relay,
} from "./databases/index.ts";
export { type Conditions, PERFECT } from "./network/conditions.ts";
export { MemoryNetwork, type MemoryNetworkOptions, type PacketEvent } from "./network/memory.ts";
export { Child, type ChildEnd, type ChildOptions, eventually } from "./process/child.ts";
export { type ListedDialog, Management, ManagementError } from "./process/management.ts";
export { freePort, freePorts, isBound } from "./process/ports.ts";
export { SeededRandom, seededRandom } from "./random.ts";
export { CALL_KINDS, type CallKind, type CallPlan, drawCall } from "./simulation/draw.ts";
export { explain, type SimulationOptions, type SimulationReport, simulate, WEATHERS, type Weather } from "./simulation/run.ts";
export { Sipp, type SippOptions, type SippResult, sippMissing } from "./sipp.ts";
