/** Leads the workers of a search: has all of them do a task, waits, and says how far it is. */
import type { SearchProgress } from '../pieces.ts';
import { told } from './common.ts';
import { type Task, type Team, tasks } from './team.ts';
import type { Worker } from './worker.ts';

/** Says how far it is, and ends early when it is told to. */
export type Pieces<R = void> = Generator<SearchProgress, R, boolean | undefined>;

/** Milliseconds without a sign of life after which the work of others is looked into. */
const patience = 2000;

export class Lead<S> {
  stopped = false;
  /** The leader did what others had taken up; what it counted and found then is not to count. */
  followed = false;
  private readonly team: Team;
  private readonly worker: Worker<S>;
  private readonly progress: () => SearchProgress;

  constructor(team: Team, worker: Worker<S>, progress: () => SearchProgress) {
    this.team = team;
    this.worker = worker;
    this.progress = progress;
  }

  /** Waits until all have come. */
  *gather(): Pieces {
    this.team.start();
    while (!this.team.isReady()) yield* this.pause();
  }

  /** Lets all workers work on a task, and waits for them. */
  *together(task: Task, piece: number, own: Iterable<void>): Pieces {
    const { team } = this;
    const { common } = this.worker;
    common.set('task', tasks.indexOf(task));
    common.set('piece', piece);
    team.begin();
    for (const _ of own) yield* this.pause();
    let [signs, since] = [this.signs, performance.now()];
    while (team.isBusy()) {
      yield* this.pause();
      if (this.signs !== signs) [signs, since] = [this.signs, performance.now()];
      if (performance.now() - since < patience) continue;
      yield* this.follow(task);
      since = Number.POSITIVE_INFINITY;
    }
  }
  /** Changes while any worker gets on. */
  private get signs(): number {
    return this.worker.common.told.reduce((sum, each) => sum + Atomics.load(each, told.sign), 0);
  }

  /**
   * Does what all have taken up: where another worker is stuck in a rule that does not end, it is
   * stuck here too, and whoever watches this search sees in which rule.
   */
  private *follow(task: Task): Pieces {
    const { worker } = this;
    const { common } = worker;
    const first = common.get('first');
    const [from, end] = task === 'settle' ? [common.get('firstNew'), 'endNew'] : [first, 'size'];
    const taken = Math.min(common.get('cursor'), common.get(end as 'endNew' | 'size'));
    for (let rank = from; rank < taken && task !== 'absorb'; rank++) {
      if (task === 'expand') worker.expander.repeat(rank);
      else {
        const row = common.get('nextStart') + rank;
        const parent = common.links.word(row, 0) - common.get('levelStart');
        worker.expander.judge(parent, common.links.word(row, 1), rank);
      }
      yield* this.pause();
    }
    this.followed = true;
  }
  private *pause(): Pieces {
    if (this.stopped) return;
    this.stopped = (yield this.progress()) === true;
    if (this.stopped) this.worker.common.set('stop', 1);
  }

  /** Lets the others go. */
  end(): void {
    this.team.end();
  }
}
