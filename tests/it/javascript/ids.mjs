// What a frontend does with an id: reads it from one answer and asks with it again.
const [url, number] = process.argv.slice(2);

async function ask(query, variables) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

const byNumber = await ask('query ($number: String!) { invoice(by: { number: $number }) { id psohubId } }', {
  number,
});
const { id, psohubId } = byNumber.data.invoice;
const byId = await ask(
  'query ($id: ID!, $node: ID!) { invoice(by: { psohubId: $id }) { number } node(id: $node) { ... on Invoice { number psohubId } } }',
  { id: psohubId, node: id },
);
// The mistake that strings prevent: a number that JavaScript has rounded.
const rounded = await ask('query ($id: ID!) { invoice(by: { psohubId: $id }) { number } }', {
  id: Number(psohubId),
});
console.log(JSON.stringify({ psohubId, byId, rounded }));
