export { type CancelScheduled, TEST_EPOCH, TestAlarm, TestClock } from "./clock.ts";
export { SeededRandom, seededRandom } from "./random.ts";
