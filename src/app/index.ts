export { App, type AppDeps, type InviteRoute, type ListeningAddress, type RequestRoute, type SequentialHook } from "./app.ts";
export { Call, type PingMethod, type TrackOptions } from "./call.ts";
export {
  type EventListener,
  type JoinOptions,
  type OwnAnswer,
  type OwnRequestParts,
  type RenegotiateParts,
  TrackedDialog,
} from "./dialog.ts";
export { Dialogs } from "./dialogs.ts";
export type { CallEventName, DialogEvents, End, EventName } from "./events.ts";
export type { AnswerParts, HeaderValues } from "./header-edits.ts";
export { HeardAnswer, HeardMessage, HeardReply, HeardRequest } from "./heard.ts";
export type { Injection, InjectResult, SentMessage } from "./inject.ts";
export { Location, type RegisteredContact, type RegisterOptions } from "./location.ts";
export { Party } from "./party.ts";
export { type HeaderPlace, type NatSignName, PassingMessage } from "./passing.ts";
export { CallRecords, type RecordOptions, Records } from "./records.ts";
export { type Outcome, type RelayHooks, Relaying } from "./relaying.ts";
export type { ReplaceOptions } from "./replacing.ts";
export { Reply } from "./reply.ts";
export { IncomingRequest, type Peer, type RelayChoice } from "./request.ts";
export { SequentialRequest } from "./sequential.ts";
export { type CodecChoice, SessionDescription } from "./session-description.ts";
export type { FullTarget, Target } from "./target.ts";
export type { HideOptions } from "./topology.ts";
