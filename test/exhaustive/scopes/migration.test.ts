import { test } from 'vitest';
import { asExplored } from '../../model/explored.ts';
import { largeOf } from './searched.ts';

test.each(largeOf('migration'))('scope $name has the states that it says', (scope) => {
  asExplored(scope);
});
