// What this program calls itself.
import { readFileSync } from "node:fs";

/** `x.y.z`, from package.json beside the sources or beside what was built of them. */
export function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const isManifest = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return isManifest && typeof manifest.version === "string" ? manifest.version : "0.0.0";
}

/** Value of Server and User-Agent (D-11). */
export function signature(version: string): string {
  return `Dialoom (${version} (${process.arch === "x64" ? "x86_64" : process.arch}/${process.platform}))`;
}
