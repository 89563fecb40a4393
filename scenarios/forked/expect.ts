import { type Expectation, each, none } from "../scenario.ts";

export const expect: Expectation = {
  about: "a call to two targets: the first to answer gets it, the other is cancelled",
  calls: 5,
  others: ["loser.xml"],
  moments: [
    {
      name: "talking",
      state: 4,
      statistics: { "dialog:active_dialogs": each, "dialog:early_dialogs": none, "dialog:processed_dialogs": each },
      check: (dialog) => {
        // the winner stands first; the leg that lost is of no interest, only its tag must not be the call's
        const winner = dialog.CALLEES[0];
        return winner?.callee_tag.startsWith("b") === true ? [] : [`the winner is ${winner?.callee_tag}`];
      },
    },
  ],
  after: {
    "dialog:processed_dialogs": each,
    "dialog:failed_dialogs": none,
    "dialog:expired_dialogs": none,
    "dialog:active_dialogs": none,
    "dialog:early_dialogs": none,
  },
};
