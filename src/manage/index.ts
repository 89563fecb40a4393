export { registerCacheCommands } from "./cache-commands.ts";
export { type Answer, type CallOptions, Commands, type CommandsDeps, INTERNAL_CALL } from "./commands.ts";
export { registerConnectionCommands } from "./connection-commands.ts";
export { type CoreCommandsDeps, registerCoreCommands } from "./core-commands.ts";
export { MiDatagram, type MiDatagramDeps, type MiDatagramSettings, parseMiDatagram } from "./datagram.ts";
export { DatagramEvents } from "./datagram-events.ts";
export { Arguments, type CommandDefinition, integer, list, type Outcome, type Parameter, type Peer, text } from "./definition.ts";
export {
  type DialogBackends,
  type DialogReplicaPort,
  type DialogStorePort,
  registerDialogBackendCommands,
} from "./dialog-backend-commands.ts";
export { registerDialogChangeCommands } from "./dialog-change-commands.ts";
export { type DialogDirectory, registerDialogCommands } from "./dialog-commands.ts";
export { DIALOG_EVENT, type EventIdFormat, raiseDialogEvents } from "./dialog-events.ts";
export { dialogJson } from "./dialog-json.ts";
export { fail, MiError } from "./errors.ts";
export { registerEventCommands } from "./event-commands.ts";
export {
  EventBus,
  type EventBusDeps,
  type EventParameters,
  type EventSink,
  type EventTransport,
  eventText,
  RaisableEvent,
  type SubscriberInfo,
} from "./events.ts";
export { MiFifo, type MiFifoDeps, type MiFifoSettings } from "./fifo.ts";
export { MiHttp, type MiHttpDeps } from "./http.ts";
export { checkMiHttp, isLoopback, MI_HTTP_DEFAULTS, type MiHttpSettings } from "./http-settings.ts";
export { type DialogInspector, registerInspectCommands } from "./inspect-commands.ts";
export { type InternalCommands, internalCommands } from "./internal.ts";
export type { JsonObject, JsonValue } from "./json.ts";
export { Listing } from "./listing.ts";
export { LoadMeter } from "./load-meter.ts";
export { type RegistrationDirectory, type RegistrationStore, registerLocationCommands } from "./location-commands.ts";
export { NodeMeter } from "./node-meter.ts";
export type {
  ConnectionInfo,
  HandmadeFault,
  HandmadeReply,
  HandmadeRequest,
  HandmadeResult,
  LogLevelPort,
  MemoryUsage,
  MeterPort,
  ScriptPort,
  SystemPort,
  TransactionPort,
} from "./ports.ts";
export { registerProfileCommands } from "./profile-commands.ts";
export type { Pieces } from "./reply.ts";
export {
  DTMF_EVENT,
  type NotifySocket,
  parseNotifySocket,
  RTPPROXY_TIMEOUT,
  RtpproxyListener,
  type RtpproxyListenerDeps,
  relayIps,
} from "./rtpproxy-listener.ts";
export { registerScriptCommands } from "./script-commands.ts";
export { registerSequentialCommand } from "./sequential-command.ts";
export { registerStatisticsCommands } from "./statistics-commands.ts";
export { registerSystemStatistics, type SystemStatisticsDeps } from "./system-statistics.ts";
export { registerTransactionCommands } from "./transaction-commands.ts";
