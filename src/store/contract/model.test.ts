import { TestClock } from "../../testing/clock.ts";
import { ModelDatabase } from "../../testing/databases/index.ts";
import { databaseContract } from "./harness.ts";

const clock = new TestClock();
const model = new ModelDatabase(clock);
model.weather.latencyMs = 0;
let timer: NodeJS.Immediate | undefined;

databaseContract({
  name: "the model of a server",
  begin: async () => {
    // virtual time follows the turns of the loop
    const tick = (): void => {
      clock.advance(1);
      timer = setImmediate(tick);
    };
    tick();
  },
  end: async () => clearImmediate(timer),
  open: () => Promise.resolve(model.connect()),
});
