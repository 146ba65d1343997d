/** Steps of post-copy that are refused, in states of `migration-postcopy` that random traces rarely come to. */
import type { Call } from '../../../machine/index.ts';
import {
  begin,
  beginAdvised,
  copy,
  loseConnection,
  place,
  postcopy,
  sendAll,
  step,
  stop,
  stopAndCopy,
  switchOver,
  write,
} from './story.ts';

interface Refused {
  readonly after: readonly Call[];
  readonly call: Call;
  readonly code: string;
}
const refused = (after: readonly Call[], call: Call, code: string): Refused => ({
  ...{ after, call, code },
});

const there = { host: 1 };
const touch = (page: number): Call => postcopy('touch', { page });
const request = (page: number): Call => postcopy('request', { page });
const unmap: Call = { kind: 'memory.unmap', args: { host: 1, vm: 0, virtual: 1 } };
const connected = beginAdvised.slice(0, 2);
const harvested = [...beginAdvised, ...stop(0, 2)];
/** All pages are missing, the guest runs on the target, and the source knows. */
const served = [...harvested, ...switchOver];
const arrived = [0, 1, 2].flatMap((page) => [copy(page), place(page)]);
/** Both places for replies are taken: by two requests. */
const asked = [touch(0), write(1, 0, there), request(0), request(1)];

export const rarePostcopy: readonly Refused[] = [
  refused(beginAdvised, postcopy('advise'), 'wrong-phase'),
  refused([...connected, loseConnection], postcopy('advise'), 'not-connected'),
  refused([...connected, postcopy('advise')], postcopy('advise'), 'already-advised'),
  refused(beginAdvised, postcopy('switch'), 'wrong-phase'),
  refused([...begin(), ...stop(0, 2)], postcopy('switch'), 'not-advised'),
  refused([...harvested, ...sendAll()], postcopy('switch'), 'no-pages-left'),
  refused([...harvested, loseConnection], postcopy('switch'), 'not-connected'),
  refused([...harvested, copy(0), copy(1)], postcopy('switch'), 'channel-full'),
  refused([...harvested, copy(0), place(0)], step('request-state'), 'pages-left'),
  refused(stopAndCopy(1, 0, 2), touch(0), 'not-missing'),
  refused([...served, unmap], touch(1), 'not-mapped-by-guest'),
  refused([...served, touch(1)], touch(1), 'already-awaited'),
  refused([...served, touch(1)], touch(2), 'last-vcpu'),
  refused(stopAndCopy(1, 0, 2), request(0), 'not-served'),
  refused([...served, copy(0), place(0)], request(0), 'not-missing'),
  refused(served, request(0), 'nobody-waits'),
  refused([...served, touch(1), request(1)], request(1), 'already-requested'),
  refused(
    [...served.slice(0, -1), touch(0), request(0), ...asked.slice(1, 2)],
    request(1),
    'channel-full',
  ),
  refused([...served, touch(1), request(1), step('receive-reply')], copy(0), 'request-first'),
  refused(beginAdvised, postcopy('finish'), 'not-served'),
  refused(served, postcopy('finish'), 'pages-missing'),
  refused([...served, ...asked, ...arrived], postcopy('finish'), 'channel-full'),
  refused(served, postcopy('listen'), 'wrong-target-phase'),
  refused(served, postcopy('recover'), 'wrong-phase'),
  refused([...served, loseConnection], postcopy('recover'), 'wrong-target-phase'),
  refused(served, step('abort'), 'postcopy-no-cancel'),
];
