// Measures append in mode spooled without a server: append.js [DIRECTORY]
//
// For 1, 8 and 64 callers it prints the wall time divided by the calls of all callers, which is what a call costs where
// many share a force; the median of one call, which is how long its caller waits; the processor time of a call; and how
// long a write and a force alone take.
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
const RECORD = Buffer.alloc(250); // about as long as that

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
const micros = () => Number(process.hrtime.bigint()) / 1000;

function forceAlone(directory) {
  const file = fs.openSync(path.join(directory, "alone"), "a");
  const took = [];
  for (let n = 0; n < 2000; n++) {
    const begun = micros();
    fs.writeSync(file, RECORD);
    fs.fdatasyncSync(file);
    took.push(micros() - begun);
  }
  fs.closeSync(file);
  return median(took);
}

async function measure(callers, events, directory) {
  const spool = await Spool.open(path.join(directory, `spool-${callers}`), "default", 2 ** 30, "raise");
  const calls = [];
  const append = async () => {
    for (let n = 0; n < Math.floor(events / callers); n++) {
      const begun = micros();
      await spool.append(encode(EVENT, "default", true));
      calls.push(micros() - begun);
    }
  };
  const begun = micros();
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: callers }, append));
  const wall = micros() - begun;
  const { user, system } = process.cpuUsage(before);
  await spool.close();
  return { cost: wall / calls.length, waits: median(calls), used: (user + system) / calls.length };
}

async function main(directory = os.tmpdir()) {
  const temporary = fs.mkdtempSync(path.join(directory, "append-"));
  for (const [callers, events] of [
    [1, 3_000],
    [8, 20_000],
    [64, 40_000],
  ]) {
    const alone = forceAlone(temporary);
    const { cost, waits, used } = await measure(callers, events, temporary);
    console.log(
      `${String(callers).padStart(3)} callers: ${cost.toFixed(1)} µs a call, one call waits ${waits.toFixed(0)} µs in ` +
        `the median, processor time ${used.toFixed(1)} µs a call; a write and a force alone ${alone.toFixed(0)} µs`,
    );
  }
  fs.rmSync(temporary, { recursive: true });
}

main(...process.argv.slice(2));
