// tls_mgm, tls_wolfssl, proto_tls: scripts that load them start; a socket `tls:` is refused until TLS is here.
import { ListParameter, type ScriptModule } from "../module.ts";
import { minimum } from "./minimum.ts";

const WHY = "TLS is not offered yet";

/** The module tls_mgm: all its parameters may be repeated. */
export const tlsMgm = (): ScriptModule => ({
  ...minimum("tls_mgm", WHY, []),
  parameters: [
    "server_domain",
    "client_domain",
    "match_ip_address",
    "verify_cert",
    "require_cert",
    "tls_method",
    "certificate",
    "private_key",
    "ca_list",
  ].map((name) => new ListParameter(name)),
});

/** The module tls_wolfssl: nothing to call. */
export const tlsWolfssl = (): ScriptModule => minimum("tls_wolfssl", WHY, []);

/** The module proto_tls: nothing to call. */
export const protoTls = (): ScriptModule => minimum("proto_tls", WHY, []);
