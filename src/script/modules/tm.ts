// tm: transactions (proxy-core 3, script-language 8.4 and 9).
import { type FunctionDefinition, IntParameter, type ModuleFactory, may, must, TextParameter } from "../module.ts";
import { Routes } from "../routes.ts";
import { tmVariables } from "../variables/tm.ts";
import { armFunctions } from "./tm-arm.ts";
import { relayFunctions } from "./tm-relay.ts";
import { replyFunctions } from "./tm-reply.ts";
import { requestFunctions } from "./tm-requests.ts";

/** The module `tm`. */
export const tm: ModuleFactory = () => {
  const frTimeout = new IntParameter("fr_timeout", 30, 2);
  const frInvTimeout = new IntParameter("fr_inv_timeout", 120, 2);
  const wtTimer = new IntParameter("wt_timer", 5, 2);
  const t1 = new IntParameter("T1_timer", 500, 10);
  const t2 = new IntParameter("T2_timer", 4000, 20);
  const restart = new IntParameter("restart_fr_on_each_reply", 1, 0, 1);
  const trying = new IntParameter("auto_100trying", 1, 0, 1);
  const replyAvps = new IntParameter("onreply_avp_mode", 0, 0, 1);
  const passProvisional = new IntParameter("pass_provisional_replies", 0, 0, 1);
  const no6xxBlock = new IntParameter("disable_6xx_block", 0, 0, 1);
  const minorFlag = new TextParameter("minor_branch_flag");
  const ruriMatching = new IntParameter("ruri_matching", 1, 0, 1);
  const viaMatching = new IntParameter("via1_matching", 1, 0, 1);
  return {
    name: "tm",
    parameters: [
      frTimeout,
      frInvTimeout,
      wtTimer,
      t1,
      t2,
      restart,
      trying,
      replyAvps,
      passProvisional,
      no6xxBlock,
      minorFlag,
      ruriMatching,
      viaMatching,
    ],
    functions: [...relayFunctions(() => trying.value !== 0), ...replyFunctions(), ...armFunctions(), ...requestFunctions(), ...unsupported],
    variables: tmVariables({ frTimeout, frInvTimeout }),
    sharesReplyAvps: () => replyAvps.value !== 0,
    minorBranchFlag: () => minorFlag.value,
    options: () => {
      const out: Record<string, unknown> = {};
      if (frTimeout.isSet) out["frTimeout"] = frTimeout.value;
      if (frInvTimeout.isSet) out["frInvTimeout"] = frInvTimeout.value;
      if (wtTimer.isSet) out["wtTimer"] = wtTimer.value;
      if (t1.isSet) out["t1Timer"] = t1.value;
      if (t2.isSet) out["t2Timer"] = t2.value;
      if (restart.isSet) out["restartFrOnEachReply"] = restart.value !== 0;
      if (trying.isSet) out["auto100trying"] = trying.value !== 0;
      if (passProvisional.isSet) out["passProvisionalReplies"] = passProvisional.value !== 0;
      if (no6xxBlock.isSet) out["disable6xxBlock"] = no6xxBlock.value !== 0;
      if (ruriMatching.isSet) out["ruriMatching"] = ruriMatching.value !== 0;
      if (viaMatching.isSet) out["via1Matching"] = viaMatching.value !== 0;
      return out;
    },
  };
};

/** Functions of the reference's tm that this proxy does not offer: calling one is an error when the script is read. */
const unsupported: readonly FunctionDefinition[] = [
  "t_write_req",
  "t_write_unix",
  "t_anycast_replicate",
  "t_reply_by_callid",
  "t_get_branch_idx_by_attr",
  "t_inject_branches",
  "t_wait_for_new_branches",
  "t_wait_no_more_branches",
].map((name) => ({
  name,
  parameters: [must("first", "value"), may("second", "value"), may("third", "value"), may("fourth", "value")].map((parameter) => ({
    ...parameter,
    isOptional: true,
  })),
  routes: Routes.all,
  bind: (call) => {
    call.fault(-1, `function ${name} exists in OpenSIPS but is not supported by Dialoom`);
    return () => -1;
  },
}));
