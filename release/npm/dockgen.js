#!/usr/bin/env node
// Starts the binary that npm installed for this platform: one of the optional dependencies.
'use strict';
const { spawnSync } = require('node:child_process');

// Windows on Arm runs the binary for x64.
const machine = process.platform === 'win32' ? 'x64' : process.arch;
const name = `@dockgen/${process.platform}-${machine}`;
let binary;
try {
  binary = require.resolve(`${name}/dockgen${process.platform === 'win32' ? '.exe' : ''}`);
} catch {
  console.error(
    `dockgen: ${name} is not installed: either there is no binary for this platform, or npm left optional ` +
      'dependencies out (--no-optional, --omit=optional)'
  );
  process.exit(2);
}
const ended = spawnSync(binary, process.argv.slice(2), { stdio: 'inherit' });
if (ended.error) {
  console.error(`dockgen: ${ended.error.message}`);
  process.exit(2);
}
if (ended.signal) {
  process.kill(process.pid, ended.signal);
}
process.exit(ended.status ?? 2);
