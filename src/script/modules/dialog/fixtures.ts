// The examples of the dialog module's documentation, word for word, their page breaks included; lines of dots are left out.

/** Texts by the number of the example, 1 to 76. */
export const EXAMPLES: ReadonlyMap<number, string> = new Map([
  [1, 'modparam("dialog", "enable_stats", 0)'],
  [2, 'modparam("dialog", "hash_size", 1024)'],
  [3, 'modparam("dialog", "log_profile_hash_size", 5) #set a table size of 32'],
  [4, 'modparam("dialog", "rr_param", "xyz")'],
  [5, 'modparam("dialog", "default_timeout", 21600)'],
  [6, String.raw`modparam("dialog", "dlg_extra_hdrs", "Hint: credit expired\r\n")`],
  [7, 'modparam("dialog", "dlg_match_mode", 0)'],
  [
    8,
    `modparam("dialog", "db_url", "dbdriver://username:password@dbhost/dbname
")`,
  ],
  [9, 'modparam("dialog", "db_mode", 1)'],
  [10, 'modparam("dialog", "db_update_period", 120)'],
  [11, 'modparam("dialog", "options_ping_interval", 20)'],
  [12, 'modparam("dialog", "reinvite_ping_interval", 600)'],
  [13, 'modparam("dialog", "table_name", "my_dialog")'],
  [14, 'modparam("dialog", "call_id_column", "callid_c_name")'],
  [15, 'modparam("dialog", "from_uri_column", "from_uri_c_name")'],
  [16, 'modparam("dialog", "from_tag_column", "from_tag_c_name")'],
  [17, 'modparam("dialog", "to_uri_column", "to_uri_c_name")'],
  [18, 'modparam("dialog", "to_tag_column", "to_tag_c_name")'],
  [19, 'modparam("dialog", "from_cseq_column", "from_cseq_c_name")'],
  [20, 'modparam("dialog", "to_cseq_column", "to_cseq_c_name")'],
  [21, 'modparam("dialog", "from_route_column", "from_route_c_name")'],
  [22, 'modparam("dialog", "to_route_column", "to_route_c_name")'],
  [23, 'modparam("dialog", "from_contact_column", "from_contact_c_name")'],
  [24, 'modparam("dialog", "to_contact_column", "to_contact_c_name")'],
  [25, 'modparam("dialog", "from_sock_column", "from_sock_c_name")'],
  [26, 'modparam("dialog", "to_sock_column", "to_sock_c_name")'],
  [27, 'modparam("dialog", "dlg_id_column", "dlg_id_c_name")'],
  [28, 'modparam("dialog", "state_column", "state_c_name")'],
  [29, 'modparam("dialog", "start_time_column", "start_time_c_name")'],
  [30, 'modparam("dialog", "timeout_column", "timeout_c_name")'],
  [31, 'modparam("dialog", "profiles_column", "profiles_c_name")'],
  [32, 'modparam("dialog", "vars_column", "vars_c_name")'],
  [33, 'modparam("dialog", "sflags_column", "sflags_c_name")'],
  [34, 'modparam("dialog", "mflags_column", "mflags_c_name")'],
  [35, 'modparam("dialog", "flags_column", "flags_c_name")'],
  [
    36,
    `modparam("dialog", "profiles_with_value", "caller ; my_profile; share/s;
 repl/b;")`,
  ],
  [
    37,
    `modparam("dialog", "profiles_no_value", "inbound ; outbound ; shared/s;
repl/b;")`,
  ],
  [38, 'modparam("dialog", "db_flush_vals_profiles", 1)'],
  [39, 'modparam("dialog", "timer_bulk_del_no", 10)'],
  [40, 'modparam("dialog", "race_condition_timeout", 1)'],
  [41, 'modparam("dialog", "cachedb_url", "redis://127.0.0.1:6379")'],
  [42, 'modparam("dialog", "profile_value_prefix", "dlgv_")'],
  [43, 'modparam("dialog", "profile_no_value_prefix", "dlgnv_")'],
  [44, 'modparam("dialog", "profile_size_prefix", "dlgs_")'],
  [45, 'modparam("dialog", "profile_timeout", "43200")'],
  [46, 'modparam("dialog", "dialog_replication_cluster", 1)'],
  [47, 'modparam("dialog", "profile_replication_cluster", 1)'],
  [48, 'modparam("dialog", "replicate_profiles_buffer", 500)'],
  [49, 'modparam("dialog", "replicate_profiles_check", 100)'],
  [50, 'modparam("dialog", "replicate_profiles_timer", 100)'],
  [51, 'modparam("dialog", "replicate_profiles_expire", 10)'],
  [52, 'modparam("dialog", "event_id_format", 1)'],
  [
    53,
    `create_dialog();
#ping caller
create_dialog("P");
#ping caller and callee
create_dialog("Pp");

#bye on timeout
create_dialog("B");`,
  ],
  [
    54,
    String.raw`    if (has_totag()) {
        loose_route();

        # example 1: match according to dlg_match_mode
        if ($DLG_status == NULL && !match_dialog())
            xlog("cannot match request to a dialog\n");

        # example 2: override dlg_match_mode
        if ($DLG_status == NULL && !match_dialog("DID_FALLBACK"))
            xlog("cannot match request to a dialog\n");
    }`,
  ],
  [
    55,
    String.raw`    if (has_totag()) {
        loose_route();
        if ($DLG_status!=NULL && !validate_dialog() ) {
            xlog(" in-dialog bogus request \n");
        } else {
            xlog(" in-dialog valid request - $DLG_dir !\n");
        }
    }`,
  ],
  [
    56,
    `    if (has_totag()) {
        loose_route();
        if ($DLG_status!=NULL)
            if (!validate_dialog())
                fix_route_dialog();
    }`,
  ],
  [
    57,
    String.raw`if ( get_dialog_info("callee",$avp(callee_array),"caller",$fu,$var(dlg_n
o)) ) {
        xlog("caller $fu has $var(dlg_no) other ongoing calls, talking w
ith :");
        $var(it) = 0;
        while ($var(it) < $var(dlg_no)) {
                $var(current_callee) = $(avp(callee_array)[$var(it)]);
                xlog(" $var(current_callee) ");
                $var(it) = $var(it) + 1;
        }

        xlog("\n");
}

# create dialog for current call and place the caller and callee attribu
tes
create_dialog();
$dlg_val(caller) = $fu;
$dlg_val(callee) = $ru;`,
  ],
  [
    58,
    String.raw`if ( get_dialog_vals($avp(d_names),$avp(d_vals),$var(callid)) ) {
        xlog("the call $var(callid) has the variables:\n);
        $var(i) = 0;
        while ( $(avp(d_names)[$var(i)])!=NULL ) {
                xlog("var $var(i) is $(avp(d_names)[$var(i)])='$(avp(d_v
als)[$var(i)])'\n");
                $var(i) = $var(i) + 1;
        }
}`,
  ],
  [
    59,
    String.raw`if ( get_dialogs_by_val("caller",$fU,$avp(dlg_jsons),$avp(dlg_no)) ) {
        xlog("Caller $fU has $avp(dlg_no) other calls \n);
        $var(i) = 0;
        while ( $(avp(dlg_jsons)[$var(i)])!=NULL ) {
                $json(dlg_info) := $(avp(dlg_jsons)[$var(i)]);
                # fetch any info for the above call and process it
                $var(i) = $var(i) + 1;
        }
}`,
  ],
  [
    60,
    String.raw`if ( get_dialogs_by_profile("caller",$fU,$avp(dlg_jsons),$avp(dlg_no)) )
 {
        xlog("Caller $fU has $avp(dlg_no) other calls \n);
        $var(i) = 0;
        while ( $(avp(dlg_jsons)[$var(i)])!=NULL ) {
                $json(dlg_info) := $(avp(dlg_jsons)[$var(i)]);
                # fetch any info for the above call and process it
                $var(i) = $var(i) + 1;
        }
}`,
  ],
  [
    61,
    String.raw`if (load_dialog_ctx("$var(callid)")) {
        xlog("The dialog '$var(callid)' already has a duration "
             "of $DLG_lifetime seconds\n");
        if (is_in_profile("inbound_call"))
                xlog("this dialog is an inbound call\n");
        unload_dialog_ctx();
}`,
  ],
  [
    62,
    `set_dlg_profile("inbound_call");
set_dlg_profile("caller",$fu);`,
  ],
  [
    63,
    `unset_dlg_profile("inbound_call");
unset_dlg_profile("caller",$fu);`,
  ],
  [
    64,
    String.raw`if (is_in_profile("inbound_call")) {
        log("this request belongs to a inbound call\n");
}
if (is_in_profile("caller","XX")) {
        log("this request belongs to a call of user XX\n");
}`,
  ],
  [
    65,
    String.raw`modparam("dialog", "profiles_no_value", "inboundCalls")
modparam("dialog", "profiles_with_value", "caller")
get_profile_size("inboundCalls",,$var(size));
xlog("inboundCalls: $var(size)\n");
get_profile_size("caller", $fu, $var(size));
xlog("currently, the user $fu has $var(size) active outgoing calls\n");`,
  ],
  [66, "set_dlg_flag(3);"],
  [67, "test_and_set_dlg_flag(3, 0);"],
  [68, "reset_dlg_flag(16);"],
  [
    69,
    String.raw`if (is_dlg_flag_set(16)) {
        xlog("dialog flag 16 is set\n");
}`,
  ],
  [
    70,
    `store_dlg_value("inv_src_ip",$si);
store_dlg_value("account type","prepaid");
# or
$dlg_val(account_type) = "prepaid";`,
  ],
  [
    71,
    `fetch_dlg_value("inv_src_ip",$avp(2));
fetch_dlg_value("account type",$var(account));
# or
$var(account) = $dlg_val(account_type);`,
  ],
  [72, 'set_dlg_sharing_tag("vip1");'],
  [
    73,
    String.raw`create_dialog();
dlg_on_answer("dlg_answered");
route[dlg_answered] {
        xlog("The dialog $DLG_did was answered\n");
}`,
  ],
  [
    74,
    String.raw`create_dialog();
$DLG_timeout=120;
dlg_on_timeout("dlg_timeout");
route[dlg_timeout] {
        xlog("The dialog $DLG_did timed out\n");
        if (_some_prolongation_condition)
                $DLG_timeout = 60; # give it 1 min more
}`,
  ],
  [
    75,
    String.raw`create_dialog();
dlg_on_hangup("dlg_hangup");
route[dlg_hangup] {
        xlog("The dialog $DLG_did terminated after $DLG_lifetime secs\n"
);
}`,
  ],
  [
    76,
    String.raw`event_route[E_RTPPROXY_DTMF] {
    if (load_dialog_ctx("$param(id)", "did")) {
        if ($param(stream) == 0) {
            $var(direction) = "callee";
        } else {
            $var(direction) = "caller";
        }
        dlg_send_sequential($var(direction), "INFO",
                "Signal=$param(digit)\nDuration=160",
                "application/dtmf-relay");
        unload_dialog_ctx();
    }
}`,
  ],
]);
