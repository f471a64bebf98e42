// graphql-ws, as a front end uses it: node ws.mjs URL TOKEN QUERY VARIABLES COUNT
import { createClient } from 'graphql-ws';

const [url, token, query, variables, count] = process.argv.slice(2);
const client = createClient({
  url,
  connectionParams: token ? { authorization: `Bearer ${token}` } : {},
  retryAttempts: 0,
});
const results = [];
try {
  for await (const result of client.iterate({ query, variables: JSON.parse(variables) })) {
    results.push(result);
    if (results.length === 1) process.stderr.write('first\n');
    if (results.length === Number(count)) break;
  }
} catch (error) {
  results.push({ failed: Array.isArray(error) ? error : String(error.reason ?? error) });
}
await client.dispose();
process.stdout.write(JSON.stringify(results));
