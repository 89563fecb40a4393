import { type Expectation, each, none } from "../scenario.ts";

export const expect: Expectation = {
  about: "requests that come several times count once, and the proxy repeats what is not answered",
  calls: 5,
  transports: ["udp"],
  moments: [
    {
      name: "talking",
      state: 4,
      statistics: {
        "dialog:active_dialogs": each,
        "dialog:early_dialogs": none,
        "dialog:processed_dialogs": each,
        "tm:retransmission_req_T1_1": each,
      },
    },
  ],
  after: {
    "dialog:processed_dialogs": each,
    "dialog:failed_dialogs": none,
    // INVITE and BYE of each call, each repeated once by the proxy: the callee was slow with both
    "tm:UAS_transactions": (calls) => 2 * calls,
    "tm:retransmission_req_T1_1": (calls) => 2 * calls,
    "dialog:expired_dialogs": none,
    "dialog:active_dialogs": none,
    "dialog:early_dialogs": none,
  },
};
