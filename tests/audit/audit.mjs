// Runs the audits of `graphql-http` against a running gateway: `node audit.mjs http://127.0.0.1:8080/graphql`.
// Fails when the gateway does not meet a MUST or a SHOULD; what is a MAY is only listed.
import { serverAudits } from 'graphql-http';

const url = process.argv[2];
if (!url) {
  console.error('usage: node audit.mjs <address of /graphql>');
  process.exit(2);
}

const results = [];
for (const audit of serverAudits({ url })) results.push(await audit.fn());

const failed = results.filter(({ status }) => status !== 'ok');
for (const { id, name, reason, response } of failed) {
  console.log(`${id} ${name}\n     ${reason} (answered ${response?.status})`);
}
const refused = failed.filter(({ name }) => !name.startsWith('MAY'));
console.log(`${results.length} audits: ${results.length - failed.length} ok, ${refused.length} failed, ${failed.length - refused.length} of what is optional are not done`);
process.exit(results.length > 0 && refused.length === 0 ? 0 : 1);
