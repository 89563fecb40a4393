// What the head of an HTTP request says, and why it may be refused before anybody reads its body (MH-2, MH-3, MH-5).
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { isLoopback, type MiHttpSettings } from "./http-settings.ts";

/** The part of a request that decides. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export interface Refusal {
  readonly status: number;
  /** For people. */
  readonly why: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const HEALTH_PATH = "/health";

/** @returns why the request is not served; undefined when it is */
export function findRefusal({ method, url, headers }: RequestHead, settings: MiHttpSettings): Refusal | undefined {
  if (isLoopback(settings.ip) && !isHostAllowed(headers.host, settings.allowedHosts)) {
    return { status: 403, why: "this Host is not allowed here (mi_allowed_hosts)" };
  }
  const path = pathOf(url);
  if (path === HEALTH_PATH) {
    return method === "GET" || method === "HEAD" ? undefined : { status: 405, why: "only GET is allowed", headers: { Allow: "GET, HEAD" } };
  }
  if (path !== `/${settings.root}`) return { status: 404, why: "not found" };
  if (method !== "POST") return { status: 405, why: "only POST is allowed", headers: { Allow: "POST" } };
  if (settings.token !== undefined && !hasToken(headers.authorization, settings.token)) {
    return { status: 401, why: "a bearer token is needed", headers: { "WWW-Authenticate": "Bearer" } };
  }
  if (settings.isContentTypeStrict && !isJson(headers["content-type"])) {
    return { status: 415, why: "Content-Type has to be application/json" };
  }
  // an absent length is 0 here; such a body is counted while it comes
  return Number(headers["content-length"] ?? 0) > settings.bodyLimit ? tooLarge(settings) : undefined;
}

export function tooLarge({ bodyLimit }: MiHttpSettings): Refusal {
  return { status: 413, why: `the body is longer than ${bodyLimit} bytes` };
}

export function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** The path without query and without a slash at its end. */
export function pathOf(url: string): string {
  const query = url.indexOf("?");
  const path = query < 0 ? url : url.slice(0, query);
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

/** `application/json`, with or without parameters. */
function isJson(contentType: string | undefined): boolean {
  if (contentType === undefined) return false;
  const semicolon = contentType.indexOf(";");
  const type = semicolon < 0 ? contentType : contentType.slice(0, semicolon);
  return type.trim().toLowerCase() === "application/json";
}

/**
 * Whether the name that a client used is one of this machine's own. A browser that a foreign page led here by a name which
 * resolves to this machine (DNS rebinding) uses another; a client that names no host is no browser.
 */
function isHostAllowed(host: string | undefined, allowed: readonly string[]): boolean {
  if (host === undefined || host === "") return true;
  const name = nameOf(host.toLowerCase());
  return name === "localhost" || isIP(name) !== 0 || allowed.some((other) => other.toLowerCase() === name);
}

/** Without the port, and without brackets. */
function nameOf(host: string): string {
  if (host.startsWith("[")) {
    const end = host.indexOf("]");
    return end < 0 ? host : host.slice(1, end);
  }
  const colon = host.indexOf(":");
  return colon < 0 ? host : host.slice(0, colon);
}

/** Compared by digest: equal lengths, and no time that depends on how much was right. */
function hasToken(authorization: string | undefined, token: string): boolean {
  if (authorization === undefined || authorization.slice(0, 7).toLowerCase() !== "bearer ") return false;
  return timingSafeEqual(digest(authorization.slice(7).trim()), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
