// Keeps its state in a folder of the user's home, whose name is worked out.
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const folder = path.join(os.homedir(), ['.', 'state'].join(''), String(1 + 1));
fs.mkdirSync(folder, { recursive: true });
fs.writeFileSync(path.join(folder, 'visits'), '0');
http.createServer((q, r) => r.end('hello from home\n')).listen(3000);
process.on('SIGTERM', () => process.exit(0));
