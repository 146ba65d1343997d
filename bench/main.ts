/**
 * `npm run bench` measures the VMM; `npm run bench -- peers` compares the checker with others, and
 * `npm run bench -- states` what a step costs as states grow; `npm run bench -- memory` how fast memory
 * scopes are searched, and what holds it back; `npm run bench -- oracle` what the oracle costs, and how
 * often it is right.
 */
const [, , what] = process.argv;
if (what === 'peers') await import('./peers.ts');
else if (what === 'states') await import('./states.ts');
else if (what === 'memory') await import('./memory.ts');
else if (what === 'oracle') await import('./oracle.ts');
else await import('./vmm.ts');
