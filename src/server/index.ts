export { DEFAULT_PROFILES, type DefaultRoutes, installDefaultRoutes } from "./default-routes.ts";
export { dialoom, startServer, targetProblem } from "./dialoom.ts";
export { createEngine, type Engine, type EngineDeps, type EngineHost } from "./engine.ts";
export type { DialoomOptions, ProfileOption, Settings } from "./options.ts";
export { parseAddress, type SettingInfo, settingInfos } from "./schema.ts";
export { Server } from "./server.ts";
export { readSettings } from "./settings.ts";
export { endOfTurn, SystemAlarm, SystemClock, SystemRandom, systemHash } from "./shell.ts";
export { readVersion, signature } from "./version.ts";
