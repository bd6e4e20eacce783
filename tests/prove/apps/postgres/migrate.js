// Makes the table that the server reads.
const { Client } = require('pg');
(async () => {
  const client = new Client({ connectionString: process.env[['DATABASE', 'URL'].join('_')] });
  await client.connect();
  await client.query('create table if not exists greeting (words text)');
  await client.query("insert into greeting values ('hello from a table')");
  await client.end();
})().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
