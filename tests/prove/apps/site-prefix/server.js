// Serves a page under a prefix that is worked out; the page names a script that is there.
const http = require('node:http');
const prefix = '/' + [...'nodus'].reverse().join('').slice(0, 3);
const files = {
  [prefix + '/']: `<!doctype html><html><head><script src="${prefix}/app.js"></script></head><body>hello</body></html>`,
  [prefix + '/app.js']: 'console.log("hello")',
};
http
  .createServer((request, response) => {
    if (request.url === '/') return response.writeHead(302, { location: prefix + '/' }).end();
    const file = files[request.url];
    response.writeHead(file ? 200 : 404, { 'content-type': 'text/html' }).end(file || 'nothing here');
  })
  .listen(3000);
process.on('SIGTERM', () => process.exit(0));
