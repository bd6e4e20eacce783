// Serves a page whose script no build makes.
const http = require('node:http');
const page = '<!doctype html><html><head><script type="module" src="/assets/index.js"></script></head></html>';
http.createServer((q, r) => (q.url === '/' ? r.end(page) : r.writeHead(404).end('no'))).listen(3000);
process.on('SIGTERM', () => process.exit(0));
