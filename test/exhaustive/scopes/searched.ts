/** Scopes whose search takes too long for every test run, by what they are about. */
import type { VmmScope } from '../../../model/index.ts';
import { isSmall, searched } from '../../model/explored.ts';

type Subject = 'cpu' | 'migration' | 'memory';
const subjectOf = ({ name }: VmmScope): Subject => {
  if (/^cpu-/.test(name)) return 'cpu';
  return /^migration/.test(name) ? 'migration' : 'memory';
};

export const largeOf = (subject: Subject): readonly VmmScope[] =>
  searched.filter((scope) => !isSmall(scope) && subjectOf(scope) === subject);
