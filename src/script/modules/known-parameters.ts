// Parameters that OpenSIPS 3.1 to 4.0 knows for the modules of this room, with their types: one that has no meaning here is accepted with
// a notice, any other is an error.

/** Type of a parameter; `any` where it takes both. */
export type KnownType = "int" | "string" | "any";

/** Names by type, as the reference lists them. */
interface Names {
  readonly int?: string;
  readonly string?: string;
  readonly any?: string;
}

const names: Readonly<Record<string, Names>> = {
  tm: {
    int: `
      ruri_matching via1_matching fr_timeout fr_inv_timeout wt_timer delete_timer T1_timer T2_timer unix_tx_timeout
      restart_fr_on_each_reply enable_stats pass_provisional_replies syn_branch onreply_avp_mode disable_6xx_block
      timer_partitions auto_100trying tm_replication_cluster cluster_auto_cancel`,
    string: "tw_append minor_branch_flag cluster_param local_reply_route local_request_route",
  },
  rr: {
    int: "append_fromtag enable_double_rr add_username enable_socket_mismatch_warning",
    string: "ignore_user",
  },
  sl: {
    int: "enable_stats",
  },
  maxfwd: {
    int: "max_limit",
  },
  dialog: {
    int: `
      enable_stats hash_size log_profile_hash_size default_timeout options_ping_interval reinvite_ping_interval
      dlg_match_mode db_mode db_update_period db_flush_vals_profiles timer_bulk_del_no race_condition_timeout
      profile_timeout dialog_replication_cluster profile_replication_cluster replicate_profiles_timer
      replicate_profiles_check replicate_profiles_buffer replicate_profiles_expire event_id_format cluster_auto_sync
      delete_delay auto_prack_hangup_on_failure auto_prack_fr_timeout`,
    string: `
      rr_param dlg_extra_hdrs db_url table_name dlg_id_column call_id_column from_uri_column from_tag_column to_uri_column
      to_tag_column state_column start_time_column timeout_column to_cseq_column from_cseq_column to_route_column
      from_route_column to_contact_column from_contact_column to_sock_column from_sock_column profiles_column vars_column
      sflags_column mflags_column flags_column profiles_with_value profiles_no_value cachedb_url profile_value_prefix
      profile_no_value_prefix profile_size_prefix`,
  },
  avpops: {
    int: "use_domain",
    string: "db_url avp_table uuid_column attribute_column value_column type_column username_column domain_column db_scheme",
  },
  sqlops: {
    int: "use_domain ps_id_max_buf_len bigint_to_str",
    string: "db_url usr_table uuid_column attribute_column value_column type_column username_column domain_column db_scheme",
  },
  cfgutils: {
    int: "initial_probability lock_pool_size shv_hash_size",
    string: "hash_file shvset varset",
  },
  mathops: {
    int: "decimal_digits",
  },
  json: {
    int: "enable_long_quoting",
  },
  statistics: {
    string: "variable stat_groups stat_series_profile",
  },
  httpd: {
    int: "port buf_size post_buf_size conn_timeout receive_buf_size",
    string: "ip tls_cert_file tls_key_file tls_ciphers auth_realm auth_username auth_password",
  },
  mi_http: {
    int: "pretty_printing",
    string: "root trace_destination trace_bwlist",
  },
  mi_fifo: {
    int: "fifo_mode pretty_printing",
    string: "fifo_name reply_dir trace_destination trace_bwlist",
    any: "fifo_group fifo_user",
  },
  mi_datagram: {
    int: "children_count socket_timeout unix_socket_mode pretty_printing socket_buf_size",
    string: "socket_name trace_destination trace_bwlist",
    any: "unix_socket_group unix_socket_user",
  },
  mi_script: {
    int: "pretty_printing",
    string: "trace_destination trace_bwlist",
  },
  proto_udp: {
    int: "udp_port",
  },
  proto_tcp: {
    int: `
      tcp_port tcp_send_timeout tcp_max_msg_chunks tcp_crlf_pingpong tcp_crlf_drop tcp_async tcp_async_max_postponed_chunks
      tcp_async_local_connect_timeout tcp_async_local_write_timeout trace_on`,
    string: "trace_destination trace_filter_route",
  },
  proto_tls: {
    int: `
      tls_port tls_crlf_pingpong tls_crlf_drop tls_max_msg_chunks tls_send_timeout tls_handshake_timeout trace_on
      cert_check_on_conn_reusage tls_async tls_async_max_postponed_chunks tls_async_local_connect_timeout
      tls_async_handshake_timeout`,
    string: "trace_destination trace_filter_route",
  },
  proto_ws: {
    int: "ws_port ws_max_msg_chunks ws_send_timeout ws_handshake_timeout trace_on require_origin",
    string: "ws_resource trace_destination trace_filter_route",
  },
  proto_wss: {
    int: `
      wss_port wss_max_msg_chunks wss_send_timeout wss_handshake_timeout wss_tls_handshake_timeout trace_on
      cert_check_on_conn_reusage require_origin`,
    string: "wss_resource trace_destination trace_filter_route",
  },
  proto_bin: {
    int: `
      bin_port bin_send_timeout bin_max_msg_chunks bin_async bin_async_max_postponed_chunks bin_async_local_connect_timeout
      bin_async_local_write_timeout`,
  },
  tls_mgm: {
    string: `
      client_tls_domain_avp client_sip_domain_avp server_domain client_domain match_ip_address match_sip_domain tls_method
      verify_cert require_cert certificate private_key crl_check_all crl_dir ca_list ca_dir ciphers_list dh_params ec_curve
      db_url db_table domain_col match_ip_address_col match_sip_domain_col tls_method_col verify_cert_col require_cert_col
      certificate_col private_key_col crl_check_all_col crl_dir_col ca_list_col ca_dir_col ciphers_list_col dh_params_col
      ec_curve_col tls_library`,
  },
  options: {
    string: "accept accept_encoding accept_language support",
  },
  acc: {
    int: "early_media report_cancels detect_direction log_level service_type",
    string: `
      log_facility aaa_url extra_fields leg_fields db_url db_table_acc db_table_missed_calls db_table_avp acc_method_column
      acc_from_tag_column acc_to_tag_column acc_callid_column acc_sip_code_column acc_sip_reason_column acc_time_column
      acc_created_avp_name`,
  },
  usrloc: {
    int: `
      timer_interval db_mode shared_pinging use_domain desc_time_order mi_dump_kv_store latency_event_min_us
      latency_event_min_us_delta matching_mode cseq_delay hash_size contact_refresh_timer location_cluster
      skip_replicated_db_ops max_contact_delete regen_broken_contactid ha_cluster`,
    string: `
      contact_id_column user_column domain_column contact_column expires_column q_column callid_column cseq_column
      flags_column cflags_column db_url cachedb_url working_mode_preset cluster_mode restart_persistency sql_write_mode
      pinging_mode user_agent_column received_column path_column socket_column methods_column sip_instance_column
      kv_store_column attr_column nat_bflag ha_shtag`,
  },
  registrar: {
    int: `
      default_expires default_q case_sensitive min_expires max_expires retry_after disable_gruu max_contacts
      max_username_len max_domain_len max_aor_len max_contact_len pn_enable pn_pnsreg_interval pn_trigger_interval
      pn_skip_pn_interval pn_refresh_timeout pn_enable_purr allow_dup_cseq expires_max_deviation`,
    string: `
      tcp_persistent_flag realm_prefix received_param received_avp sock_hdr_name mcontact_avp attr_avp gruu_secret
      pn_providers pn_ct_match_params`,
  },
  nathelper: {
    int: "natping_interval ping_nated_only natping_tcp natping_partitions ping_threshold max_pings_lost cluster_id",
    string: `
      nortpproxy_str received_avp force_socket sipping_ignore_rpl_codes sipping_from sipping_method sipping_bflag
      sipping_latency_flag remove_on_timeout_bflag natping_socket oldip_skip cluster_sharing_tag`,
  },
  uac: {
    int: "force_dialog",
    string: "rr_from_store_param rr_to_store_param restore_mode restore_passwd",
  },
  uac_auth: {
    string: "credential auth_username_avp auth_realm_avp auth_password_avp",
  },
  auth: {
    int: "nonce_expire calculate_ha1 disable_nonce_check",
    string: "secret rpid_prefix rpid_suffix realm_prefix rpid_avp username_spec password_spec",
  },
  auth_db: {
    int: "calculate_ha1 use_domain skip_version_check",
    string: `
      db_url user_column domain_column password_column password_column_2 uri_user_column uri_domain_column
      uri_uriuser_column load_credentials hash_column_sha256 hash_column_sha512t256`,
  },
  domain: {
    int: "db_mode",
    string: "db_url domain_table domain_col attrs_col accept_subdomain_col",
  },
  permissions: {
    int: "check_all_branches",
    string: `
      default_allow_file default_deny_file allow_suffix deny_suffix partition db_url address_table ip_col proto_col
      pattern_col info_col grp_col mask_col port_col`,
  },
  dispatcher: {
    int: `
      ds_probing_threshhold ds_probing_threshold ds_ping_interval ds_ping_maxfwd ds_probing_mode persistent_state
      fetch_freeswitch_stats max_freeswitch_weight cluster_id`,
    string: `
      partition db_url table_name setid_col destination_col socket_col state_col weight_col priority_col attrs_col
      description_col dst_avp grp_avp cnt_avp sock_avp attrs_avp script_attrs_avp algo_route hash_pvar setid_pvar
      pvar_algo_pattern ds_ping_method ds_ping_from options_reply_codes ds_probing_sock ds_probing_list ds_define_blacklist
      cluster_sharing_tag probe_mode_col cluster_probing_mode`,
  },
  load_balancer: {
    int: "probing_interval probing_verbose cluster_id fetch_freeswitch_stats initial_freeswitch_load",
    string: "db_url db_table probing_method probing_from probing_reply_codes lb_define_blacklist cluster_sharing_tag",
  },
  drouting: {
    int: `
      use_partitions use_domain force_dns default_group probing_interval persistent_state no_concurrent_reload cluster_id
      enable_restart_persistency generate_data_checksum`,
    string: `
      db_partitions_url db_partitions_table db_url drd_table drr_table drg_table drc_table drg_user_col drg_domain_col
      drg_grpid_col ruri_avp gw_id_avp gw_priprefix_avp gw_sock_avp rule_id_avp rule_prefix_avp carrier_id_avp
      define_blacklist probing_method probing_from probing_socket probing_reply_codes partition_id_pvar cluster_sharing_tag
      extra_prefix_chars rule_tables_query cluster_probing_mode extra_id_chars gw_socket_filter_mode`,
  },
  dialplan: {
    string: `
      partition db_url table_name dpid_col pr_col match_op_col match_exp_col match_flags_col subst_exp_col repl_exp_col
      attrs_col timerec_col disabled_col`,
  },
  alias_db: {
    int: "append_branches",
    string: "db_url user_column domain_column alias_user_column alias_domain_column domain_prefix",
  },
  topology_hiding: {
    int: "force_dialog th_callid_loop_protection",
    string: `
      th_passed_contact_uri_params th_passed_contact_params th_callid_passwd th_callid_prefix th_contact_encode_passwd
      th_contact_encode_param th_contact_encode_scheme th_contact_caller_username_var th_contact_callee_username_var`,
  },
  clusterer: {
    int: `
      my_node_id ping_interval node_timeout ping_timeout seed_fallback_interval sync_timeout db_mode sync_packet_size
      dispatch_jobs enable_stats enable_rerouting`,
    string: `
      db_url db_table id_col cluster_id_col node_id_col url_col state_col no_ping_retries_col priority_col sip_addr_col
      flags_col description_col neighbor_node_info my_node_info sharing_tag db_bridges_table`,
  },
  db_sqlite: {
    int: "alloc_limit busy_timeout",
    string: "load_extension exec_pragma",
  },
  db_postgres: {
    int: "exec_query_threshold max_db_queries timeout use_tls",
  },
  db_mysql: {
    int: "timeout_interval exec_query_threshold max_db_retries max_db_queries use_tls ps_max_col_size",
  },
  cachedb_local: {
    int: "cache_clean_period exec_threshold cluster_id enable_restart_persistency",
    string: "cache_collections cachedb_url cluster_persistency",
  },
  cachedb_redis: {
    int: `
      connect_timeout query_timeout shutdown_on_error enable_raw_query_quoting use_tls lazy_connect ftsearch_max_results
      ftsearch_json_mset_expire redis_keepalive`,
    string: "cachedb_url ftsearch_index_name ftsearch_json_prefix",
  },
  rtpproxy: {
    int: `
      rtpproxy_disable_tout rtpproxy_retr rtpproxy_tout rtpproxy_autobridge default_set generated_sdp_port_min
      generated_sdp_port_max`,
    string: `
      nortpproxy_str rtpproxy_sock rtpproxy_timeout db_url db_table rtpp_socket_col set_id_col rtpp_notify_socket
      generated_sdp_media_ip`,
  },
  presence: {
    int: `
      fallback2db cluster_id expires_offset max_expires_subscribe max_expires_publish enable_sphere_check waiting_subs_daysno
      mix_dialog_presence bla_fix_remote_target notify_offline_body end_sub_on_timeout clean_period db_update_period
      subs_htable_size pres_htable_size`,
    string: `
      db_url cluster_federation_mode cluster_pres_events contact_user bla_presentity_spec presentity_table active_watchers_table
      watchers_table`,
  },
  presence_xml: {
    int: "force_active pidf_manipulation generate_offline_body",
    string: "xcap_server pres_rules_auid pres_rules_filename",
  },
  xcap: {
    int: "integrated_xcap_server",
    string: "db_url xcap_table",
  },
  prometheus: {
    int: "group_mode",
    string: "root prefix delimiter group_prefix group_label statistics labels script_route",
  },
};

const types: ReadonlyMap<string, KnownType> = new Map(
  Object.entries(names).flatMap(([module, { int = "", string = "", any = "" }]) => [
    ...rows(module, "int", int),
    ...rows(module, "string", string),
    ...rows(module, "any", any),
  ]),
);

function rows(module: string, type: KnownType, list: string): [string, KnownType][] {
  return list
    .split(/\s+/)
    .filter((name) => name !== "")
    .map((name) => [`${module} ${name}`, type]);
}

/** What the reference's module takes for a parameter; undefined when it has none of this name. */
export function knownParameter(module: string, name: string): KnownType | undefined {
  return types.get(`${module} ${name}`);
}

/** Every parameter of a module, for suggestions. */
export function knownParameters(module: string): readonly string[] {
  return [...types.keys()].filter((key) => key.startsWith(`${module} `)).map((key) => key.slice(module.length + 1));
}
