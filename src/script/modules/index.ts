// Every module by its name. What is missing here is either known and not supported, or unknown.
import type { Registry } from "../compile/registry.ts";
import type { ModuleFactory } from "../module.ts";
import { transformations } from "../transformations/index.ts";
import { coreVariables } from "../variables/index.ts";
import { acc } from "./acc.ts";
import { aliasDb } from "./alias-db.ts";
import { auth } from "./auth.ts";
import { authDb } from "./auth-db.ts";
import { avpops, sqlops } from "./avpops.ts";
import {
  cachedbCassandra,
  cachedbCouchbase,
  cachedbLocal,
  cachedbMemcached,
  cachedbMongodb,
  cachedbRedis,
  cachedbSql,
  clusterer,
  dbMysql,
  dbPostgres,
  dbSqlite,
} from "./backends.ts";
import { cfgutils } from "./cfgutils.ts";
import { coreFunctions } from "./core.ts";
import { dialogModule } from "./dialog.ts";
import { dialoomModule, type OwnSetting } from "./dialoom.ts";
import { dialplan } from "./dialplan.ts";
import { dispatcher } from "./dispatcher.ts";
import { domain } from "./domain.ts";
import { drouting } from "./drouting.ts";
import { eventRoute } from "./event-route.ts";
import { httpd } from "./httpd.ts";
import { json } from "./json.ts";
import { knownParameter, knownParameters } from "./known-parameters.ts";
import { loadBalancer } from "./load-balancer.ts";
import { eventDatagram, miDatagram, miFifo, miHttp } from "./management.ts";
import { mathops } from "./mathops.ts";
import { maxfwd } from "./maxfwd.ts";
import { miScript } from "./mi-script.ts";
import { nathelper } from "./nathelper.ts";
import { options } from "./options.ts";
import { permissions } from "./permissions.ts";
import { presence, presenceXml, xcap } from "./presence.ts";
import { protoTcp, protoUdp } from "./proto.ts";
import { registrar } from "./registrar.ts";
import { rr } from "./rr.ts";
import { rtpproxy } from "./rtpproxy.ts";
import { signaling } from "./signaling.ts";
import { sipmsgops } from "./sipmsgops.ts";
import { sl } from "./sl.ts";
import { statistics } from "./statistics.ts";
import { textops } from "./textops.ts";
import { protoTls, tlsMgm, tlsWolfssl } from "./tls.ts";
import { tm } from "./tm.ts";
import { topologyHiding } from "./topology-hiding.ts";
import { uac } from "./uac.ts";
import { uacAuth } from "./uac-auth.ts";
import { usrloc } from "./usrloc.ts";

const factories: Readonly<Record<string, ModuleFactory>> = {
  acc,
  alias_db: aliasDb,
  auth,
  auth_db: authDb,
  avpops,
  cachedb_cassandra: cachedbCassandra,
  cachedb_couchbase: cachedbCouchbase,
  cachedb_local: cachedbLocal,
  cachedb_memcached: cachedbMemcached,
  cachedb_mongodb: cachedbMongodb,
  cachedb_redis: cachedbRedis,
  cachedb_sql: cachedbSql,
  cfgutils,
  clusterer,
  db_mysql: dbMysql,
  db_postgres: dbPostgres,
  db_sqlite: dbSqlite,
  dialog: dialogModule,
  dialplan,
  dispatcher,
  domain,
  drouting,
  event_datagram: eventDatagram,
  event_route: eventRoute,
  httpd,
  json,
  load_balancer: loadBalancer,
  mathops,
  maxfwd,
  mi_datagram: miDatagram,
  mi_fifo: miFifo,
  mi_http: miHttp,
  mi_script: miScript,
  nathelper,
  options,
  permissions,
  presence,
  presence_xml: presenceXml,
  proto_tcp: protoTcp,
  proto_tls: protoTls,
  proto_udp: protoUdp,
  registrar,
  rr,
  rtpproxy,
  signaling,
  sipmsgops,
  sl,
  sqlops,
  statistics,
  textops,
  tls_mgm: tlsMgm,
  tls_wolfssl: tlsWolfssl,
  tm,
  topology_hiding: topologyHiding,
  uac,
  uac_auth: uacAuth,
  usrloc,
  xcap,
};

/** Modules of the reference that this proxy does not offer (tier 3). */
const unsupported = new Set(
  `aaa_diameter aaa_radius acc_db b2b_entities b2b_logic b2b_sca b2b_sdp_demux benchmark call_center call_control callops carrierroute
  cgrates compression config cpl_c db_berkeley db_cachedb db_flatstore db_http db_oracle db_perlvdb db_text db_unixodbc db_virtual
  dns_cache domainpolicy emergency enum event_flatstore event_kafka event_rabbitmq event_routing event_sqs event_stream event_virtual
  event_xmlrpc exec fraud_detection freeswitch freeswitch_scripting gflags group http2d identity imc jabber janus jsonrpc launch_darkly ldap
  lua media_exchange mediaproxy mid_registrar mi_html mi_xmlrpc_ng mmgeoip msilo msrp_gateway msrp_relay msrp_ua opentelemetry osp
  path peering perl pi_http pike presence_callinfo presence_dialoginfo presence_dfks presence_mwi presence_xcapdiff prometheus proto_bin proto_bins
  proto_hep proto_ipsec proto_msrp proto_sctp proto_smpp proto_ws proto_wss pua pua_bla pua_dialoginfo pua_mi pua_usrloc pua_xmpp python
  qos qrouting rabbitmq rabbitmq_consumer ratecacher ratelimit regex registrar_sync rest_client rls rr_sync rtpengine rtp_relay rtp.io script_helper
  seas sip_i siprec siptrace sms sngtc snmpstats sockets_mgm speeddial sst status_report stir_shaken stun tcp_mgm tls_openssl tm_sync topos tracer
  uac_redirect uac_registrant uri userblacklist userdata uuid xcap_client xml xmpp`
    .split(/\s+/)
    .filter((name) => name !== ""),
);

/**
 * The modules, functions, variables and transformations of the language.
 * @param own - settings of the engine for `modparam("dialoom", …)`
 */
export function scriptRegistry(own: readonly OwnSetting[] = []): Registry {
  const providers = new Map<string, string>();
  return {
    module: (name) => (Object.hasOwn(factories, name) ? factories[name] : unsupported.has(name) ? "unsupported" : undefined),
    preloaded: () => [dialoomModule(own)],
    moduleNames: () => Object.keys(factories),
    core: { functions: coreFunctions(), variables: coreVariables(), transformations },
    providerOf: (name) => {
      if (providers.size === 0) {
        for (const [module, make] of Object.entries(factories)) {
          for (const one of make().functions) if (!providers.has(one.name)) providers.set(one.name, module);
        }
      }
      return providers.get(name);
    },
    knownParameter,
    knownParameters,
  };
}
