import { type Expectation, each, none } from "../scenario.ts";

export const expect: Expectation = {
  about: "a call that its caller gives up while it rings",
  calls: 5,
  moments: [
    {
      name: "ringing",
      state: 2,
      statistics: { "dialog:active_dialogs": none, "dialog:early_dialogs": each, "dialog:processed_dialogs": each },
    },
  ],
  after: {
    "dialog:processed_dialogs": each,
    "dialog:failed_dialogs": each,
    "dialog:expired_dialogs": none,
    "dialog:active_dialogs": none,
    "dialog:early_dialogs": none,
  },
  differences: [
    {
      statistics: ["tm:UAS_transactions"],
      why: "a script relays the CANCEL itself, and so makes a transaction of it; for routes it is answered where transactions live",
    },
  ],
};
