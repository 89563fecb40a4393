export type { RemoteWriterSettings } from "./settings.ts";
export { RemoteWriter } from "./writer.ts";
