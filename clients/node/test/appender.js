// A process to kill: appends, and writes down the id of each event whose append returned.
//     appender.js URL SPOOL FILE [MILLISECONDS]      with MILLISECONDS it appends nothing, and sends what is left
"use strict";
const fs = require("node:fs");
const { AuditClient } = require("..");
const { delays } = require("../dist/sender");

async function main([url, spool, file, milliseconds]) {
  delays.longest = 500;
  const client = await AuditClient.open({ url, mode: "spooled", spool, maxSpoolBytes: 1 << 20 });
  if (milliseconds !== undefined) {
    process.exitCode = await client.close(Number(milliseconds));
    return;
  }
  const returned = fs.openSync(file, "a", 0o600);
  const append = async () => {
    for (;;) {
      const { event_id } = await client.append({ event_type: "kill.test", details: { pid: process.pid } });
      fs.writeSync(returned, `${event_id}\n`);
    }
  };
  await Promise.all(Array.from({ length: 4 }, append));
}

main(process.argv.slice(2));
