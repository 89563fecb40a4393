export type { BranchContext } from "./branch.ts";
export { RequestContext } from "./context.ts";
export type { BranchOutcome, FailureContext } from "./failure.ts";
export { MalformedRequest } from "./malformed.ts";
export type {
  BranchTarget,
  Direction,
  ProxyDeps,
  RelayCode,
  RelayOptions,
  ReplyExtra,
  RequestRouter,
  RouteCallback,
  StrayAnswers,
} from "./ports.ts";
export { SipProxy } from "./proxy.ts";
export type { ReplyContext, ReplyHook } from "./reply.ts";
export { calleeRouteSet, callerRouteSet, type RoutingType, remoteTargetBeyond, routeParam, routeSetBeyond } from "./route-set.ts";
export { defaultProxySettings, MAX_BRANCHES, type ProxySettings } from "./settings.ts";
