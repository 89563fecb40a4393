export { REMOTE_WRITER_SETTINGS, type RemoteWriterSettings } from "./settings.ts";
export { RemoteWriter, type RemoteWriterDeps } from "./writer.ts";
