export { type AgentWatcher, type ShortRequest, UserAgent, type UserAgentOptions } from "./agent.ts";
export { CalleeCall } from "./callee.ts";
export { CallerCall, type CallTarget } from "./caller.ts";
export { Checker, type Violation } from "./checker.ts";
export type { GatePlan } from "./gatekeeper.ts";
export { AgentLeg, type LegEnd, type LegState } from "./leg.ts";
export {
  ANSWERING_CALLEE,
  type CalleePlan,
  type CallerPlan,
  type InCallAct,
  type InCallStep,
  PATIENT_CALLER,
  type ProvisionalStep,
  type ShortAnswer,
} from "./plan.ts";
export { type AgentSocket, type AgentTime, type AgentTiming, hostPort, type Peer, RFC_TIMING } from "./ports.ts";
export { datagramSocket, realTime, streamSocket, udpSocket } from "./sockets.ts";
