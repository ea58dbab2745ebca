// Measures append in mode spooled without a server: append.js [CALLERS] [EVENTS] [DIRECTORY]
//
// Prints the median and the 99th percentile of one call, which is how long its caller waits; the wall time divided by
// the calls of all callers, which is what a call costs where many share a force; and the processor time of a call.
"use strict";
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { encode } = require("../dist/event");
const { Spool } = require("../dist/spool");

const EVENT = {
  event_type: "auth.login.failed",
  outcome: "failure",
  actor_username: "root",
  actor_ip: "203.0.113.9",
  details: { method: "password", port: 38926 },
};

async function main(callers = "16", events = "20000", directory = os.tmpdir()) {
  const temporary = fs.mkdtempSync(path.join(directory, "append-"));
  const spool = await Spool.open(temporary, "default", 2 ** 30, "raise");
  const calls = [];
  const append = async () => {
    for (let n = 0; n < Math.floor(events / callers); n++) {
      const begun = process.hrtime.bigint();
      await spool.append(encode(EVENT, "default", true));
      calls.push(Number(process.hrtime.bigint() - begun) / 1000);
    }
  };
  const begun = process.hrtime.bigint();
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: Number(callers) }, append));
  const wall = Number(process.hrtime.bigint() - begun) / 1000;
  const { user, system } = process.cpuUsage(before);
  await spool.close();
  fs.rmSync(temporary, { recursive: true });
  calls.sort((a, b) => a - b);
  const at = (share) => calls[Math.floor(calls.length * share)].toFixed(0);
  console.log(
    `${callers} callers, ${calls.length} calls: median ${at(0.5)} µs, 99th percentile ${at(0.99)} µs, ` +
      `wall time per call ${(wall / calls.length).toFixed(1)} µs, ` +
      `processor time per call ${((user + system) / calls.length).toFixed(1)} µs`,
  );
}

main(...process.argv.slice(2));
