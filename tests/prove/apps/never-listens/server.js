// Would listen, but waits for something that never comes.
const http = require('node:http');
const gate = new Promise(() => {});
setInterval(() => console.log('waiting'), 1000);
gate.then(() => http.createServer((q, r) => r.end('hello')).listen(3000));
process.on('SIGTERM', () => process.exit(0));
