// auth: asks for digest credentials (RFC 3261 section 22). Who may do what stands in databases, which are not here yet: nobody is
// authorised by these modules so far.

import { H, isCleanHeaderText } from "../../sip/index.ts";
import { type FunctionDefinition, IntParameter, may, must, type ScriptModule, TextParameter } from "../module.ts";
import { Routes } from "../routes.ts";
import type { Run } from "../run.ts";
import { refusing } from "./minimum.ts";

const ALGORITHMS: readonly string[] = ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"];

/** The module. */
export function auth(): ScriptModule {
  return {
    name: "auth",
    parameters: [
      new TextParameter("secret"),
      new IntParameter("nonce_expire", 30, 1),
      new IntParameter("calculate_ha1", 0),
      new IntParameter("disable_nonce_check", 0),
      new TextParameter("username_spec"),
      new TextParameter("password_spec"),
    ],
    functions: [
      challenge("www_challenge", 401, "Unauthorized", "WWW-Authenticate"),
      challenge("proxy_challenge", 407, "Proxy Authentication Required", "Proxy-Authenticate"),
      {
        name: "consume_credentials",
        parameters: [],
        routes: Routes.request,
        bind: () => consumeCredentials,
      },
      refusing("auth", "no credentials to compare with", { name: "pv_www_authorize", routes: "R", parameters: [must("realm", "text")] }),
      refusing("auth", "no credentials to compare with", { name: "pv_proxy_authorize", routes: "R", parameters: [must("realm", "text")] }),
    ],
    variables: [],
  };
}

/** Answers with one challenge for each algorithm; an empty realm is the domain of the From. */
function challenge(name: string, status: number, reason: string, header: string): FunctionDefinition {
  return {
    name,
    parameters: [must("realm", "text"), may("qop", "flags"), may("algorithms", "text")],
    routes: Routes.request,
    bind(call) {
      const realmOf = call.text(0);
      const qopOf = call.value(1);
      const algorithmsOf = call.text(2);
      return (run) => {
        const { request } = run;
        let realm = realmOf(run);
        if (request === undefined || realm === undefined) return -1;
        if (realm === "") realm = request.request.from.sipUri()?.host ?? "";
        if (!isCleanHeaderText(realm) || realm.includes('"')) return -1;
        const qop = qopParameter(qopOf(run));
        const wanted = (call.has(2) ? (algorithmsOf(run) ?? "") : "MD5").split(",").map((text) => text.trim());
        const nonce = randomHex(run, 4);
        let headers = "";
        for (const algorithm of wanted) {
          if (!ALGORITHMS.includes(algorithm)) {
            run.error("auth", name, `unsupported algorithm <${algorithm}>`);
            return -1;
          }
          headers += `${header}: Digest realm="${realm}", nonce="${nonce}", algorithm=${algorithm}${qop}\r\n`;
        }
        return request.reply(status, reason, { headers });
      };
    },
  };
}

/** `1` and "auth" are one thing, as are the words of later versions. */
function qopParameter(qop: unknown): string {
  if (qop === null || qop === 0 || qop === "0" || qop === "") return "";
  return typeof qop === "string" && qop.includes("auth") && !qop.includes('"') && isCleanHeaderText(qop)
    ? `, qop="${qop}"`
    : ', qop="auth"';
}

function randomHex({ services }: Run, words: number): string {
  let out = "";
  for (let i = 0; i < words; i++) out += services.random.uint32().toString(16).padStart(8, "0");
  return out;
}

function consumeCredentials(run: Run): number {
  const { request } = run;
  if (request === undefined) return -1;
  const has = request.request.has(H.Authorization) || request.request.has(H.ProxyAuthorization);
  if (!has) return -1;
  request.edit.remove(H.Authorization).remove(H.ProxyAuthorization);
  return 1;
}
