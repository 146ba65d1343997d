import { test } from 'vitest';
import { asExplored } from '../../model/explored.ts';
import { largeOf } from './searched.ts';

// Those of model E are searched where its properties are asked.
const others = largeOf('cpu').filter(({ name }) => !name.startsWith('cpu-e-'));
test.each(others)('scope $name has the states that it says', (scope) => {
  asExplored(scope);
});
