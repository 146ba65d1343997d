import { test } from 'vitest';
import { asExplored, isSmall, searched } from '../model/explored.ts';

test.each(searched.filter((scope) => !isSmall(scope)))(
  'scope $name has the states that it says',
  asExplored,
);
