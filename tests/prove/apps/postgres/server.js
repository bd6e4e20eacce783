// Ends at once where the table is not there.
const http = require('node:http');
const { Pool } = require('pg');
const pool = new Pool({ connectionString: process.env[['DATABASE', 'URL'].join('_')] });
process.on('SIGTERM', () => process.exit(0));
pool
  .query('select words from greeting')
  .then(({ rows }) => http.createServer((q, r) => r.end(rows[0].words)).listen(3000))
  .catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
