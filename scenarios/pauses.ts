// Measures, in the process that imports it, the longest pause of the loop: on SIGUSR2 it prints the longest one since the last time.

// A pause is the processor time that one turn of the loop takes: what else runs on the machine does not count.
let longestPauseMs = 0;
let before = process.threadCpuUsage();
setInterval(() => {
  const now = process.threadCpuUsage();
  longestPauseMs = Math.max(longestPauseMs, (now.user + now.system - before.user - before.system) / 1000);
  before = now;
}, 1).unref();
process.on("SIGUSR2", () => {
  console.log(JSON.stringify({ longestPauseMs }));
  longestPauseMs = 0;
});
