/** `npm run bench` measures the VMM; `npm run bench -- peers` compares the checker with others. */
if (process.argv[2] === 'peers') await import('./peers.ts');
else await import('./vmm.ts');
