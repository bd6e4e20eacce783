// Keeps notes in PostgreSQL, counts visits in Redis, and writes what it has to a file.
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { Pool } = require('pg');
const { createClient } = require('redis');

const pool = new Pool({ connectionString: process.env.DATABASE_URL });
const cache = createClient({ url: process.env.REDIS_URL });
const exports_ = process.env.EXPORT_DIR || './exports';

process.on('SIGTERM', () => process.exit(0));

async function answer() {
  await pool.query('insert into note (words) values ($1)', ['hello']);
  const notes = (await pool.query('select count(*) from note')).rows[0].count;
  const visits = await cache.incr('visits');
  fs.writeFileSync(path.join(exports_, 'notes.txt'), notes);
  return `notes ${notes} visits ${visits}\n`;
}

(async () => {
  fs.mkdirSync(exports_, { recursive: true });
  await pool.query('create table if not exists note (words text)');
  await cache.connect();
  http
    .createServer((request, response) => {
      answer().then(
        (text) => response.end(text),
        (error) => response.writeHead(500).end(String(error)),
      );
    })
    .listen(3000);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
