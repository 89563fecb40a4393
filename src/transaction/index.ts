export { BranchCodec, branchIndexOf, hashIndexOf } from "./branch.ts";
export { CancelReason, type ClientState, ClientTransaction } from "./client.ts";
export type { ReplyGate } from "./gate.ts";
export { type GlobalHook, HookRunner, type LocalEditor, type SentKind, type Transaction, type TransactionHook } from "./hooks.ts";
export { TransactionLayer } from "./layer.ts";
export { LocalTransaction } from "./local.ts";
export type {
  ClientParts,
  ClientUser,
  LocalParty,
  LocalRequest,
  ReplyExtra,
  ServerUser,
  TransactionDeps,
  TransactionTransport,
  TransactionUser,
} from "./ports.ts";
export { planRoute, type RoutePlan } from "./route.ts";
export { type ServerState, ServerTransaction } from "./server.ts";
export { TRANSACTION_DEFAULTS, type TransactionSettings } from "./settings.ts";
