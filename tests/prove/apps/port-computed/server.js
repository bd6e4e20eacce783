// The port is worked out of a table that no reader of code follows.
const http = require('node:http');
const table = JSON.parse(Buffer.from('eyJiYXNlIjo1MDAwLCJvZmZzZXQiOjU1fQ==', 'base64'));
const port = Object.values(table).reduce((sum, part) => sum + part, 0);
http.createServer((q, r) => r.end('hello from a computed port\n')).listen(port);
process.on('SIGTERM', () => process.exit(0));
