/**
 * `npm run bench` measures the VMM; `npm run bench -- peers` compares the checker with others, and
 * `npm run bench -- states` what a step costs as states grow.
 */
const [, , what] = process.argv;
if (what === 'peers') await import('./peers.ts');
else if (what === 'states') await import('./states.ts');
else await import('./vmm.ts');
