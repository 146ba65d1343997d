/**
 * The reference model in Promela, for SPIN. Every command instance is one guarded `d_step`, so that
 * SPIN stores exactly the states between commands and counts each command as one transition.
 *
 * Written for SPIN's speed: no loops, constants for every argument, and invariants as options that
 * are enabled only where one is violated. So they are asked once a state, not once a transition.
 */
import type { SharedPagesSizes } from '../../examples/index.ts';

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);
const lines = <X>(items: readonly X[], line: (item: X) => string): string =>
  items.map(line).join('\n');

export function promela(size: SharedPagesSizes): string {
  const pages = upTo(size.vm * size.page);
  const frames = upTo(size.frame);
  const contents = upTo(size.content).map((content) => content + 1);
  /** Slots are numbered on from the frames: a place is a frame or a slot. */
  const slots = upTo(size.slot).map((slot) => size.frame + slot);
  const ownerOf = (page: number): number => Math.floor(page / size.page);

  const options = [
    ...pages.flatMap((page) => [
      ...frames.flatMap((frame) =>
        contents.map((content) => `touch(${page}, ${frame}, ${content})`),
      ),
      ...contents.map((content) => `write(${page}, ${content})`),
      ...frames.flatMap((frame) => contents.map((content) => `cow(${page}, ${frame}, ${content})`)),
      ...slots.map((slot) => `swap_out(${page}, ${slot})`),
      ...frames.map((frame) => `swap_in(${page}, ${frame})`),
      `inflate(${ownerOf(page)}, ${page})`,
      `deflate(${ownerOf(page)}, ${page})`,
    ]),
    ...frames.flatMap((kept) =>
      frames.filter((freed) => freed !== kept).map((freed) => `dedup(${kept}, ${freed})`),
    ),
  ];

  const pagesAt = (place: number): string =>
    pages.map((page) => `(at[${page}] == ${place})`).join(' + ');
  const invariants = {
    references: frames.map((frame) => `references[${frame}] == ${pagesAt(frame)}`),
    content: frames.map((frame) => `(content[${frame}] != 0) == (references[${frame}] != 0)`),
    free: [`free_frames == ${frames.map((frame) => `(references[${frame}] == 0)`).join(' + ')}`],
    balloon: upTo(size.vm).map((vm) => {
      const own = pages.filter((page) => ownerOf(page) === vm);
      const inside = own.map((page) => `(at[${page}] == BALLOONED)`).join(' + ');
      return `balloon[${vm}] <= ${size.balloon} && balloon[${vm}] == ${inside}`;
    }),
    preserved: pages.map(
      (page) => `(!mapped(${page}) || content[at[${page}]] == expected[${page}])`,
    ),
    slots: slots.map((slot) => `(content[${slot}] != 0) == ${pagesAt(slot)}`),
  };

  return `/* shared-pages: ${JSON.stringify(size)} */
#define FRAMES ${size.frame}
#define UNMAPPED ${size.frame + size.slot}
#define BALLOONED ${size.frame + size.slot + 1}

/* Where a page is: a frame, a slot, UNMAPPED or BALLOONED. */
byte at[${pages.length}] = UNMAPPED;
byte expected[${pages.length}];
/* Of frames, then of slots. */
byte content[${size.frame + size.slot}];
byte references[${size.frame}];
byte balloon[${size.vm}];
byte free_frames = FRAMES;

#define mapped(page) (at[page] < FRAMES)
#define swapped(page) (at[page] >= FRAMES && at[page] < UNMAPPED)

inline touch(page, frame, c) {
  at[page] == UNMAPPED && references[frame] == 0 ->
  content[frame] = c; references[frame] = 1; free_frames--;
  at[page] = frame; expected[page] = c
}
inline write(page, c) {
  mapped(page) && references[at[page]] == 1 && content[at[page]] != c ->
  content[at[page]] = c; expected[page] = c
}
inline cow(page, copy, c) {
  mapped(page) && references[at[page]] > 1 && content[at[page]] != c && references[copy] == 0 ->
  references[at[page]]--;
  content[copy] = c; references[copy] = 1; free_frames--;
  at[page] = copy; expected[page] = c
}
inline dedup(kept, freed) {
  content[kept] != 0 && content[freed] == content[kept] ->
${lines(pages, (page) => `  at[${page}] = (at[${page}] == freed -> kept : at[${page}]);`)}
  references[kept] = references[kept] + references[freed];
  references[freed] = 0; content[freed] = 0; free_frames++
}
inline swap_out(page, slot) {
  mapped(page) && references[at[page]] == 1 && content[slot] == 0 ->
  content[slot] = content[at[page]];
  content[at[page]] = 0; references[at[page]] = 0; free_frames++;
  at[page] = slot
}
inline swap_in(page, frame) {
  swapped(page) && references[frame] == 0 ->
  content[frame] = content[at[page]]; references[frame] = 1; free_frames--;
  content[at[page]] = 0;
  at[page] = frame
}
inline inflate(vm, page) {
  at[page] != BALLOONED && balloon[vm] < ${size.balloon} ->
  if
  :: mapped(page) ->
    references[at[page]]--;
    if
    :: references[at[page]] == 0 -> content[at[page]] = 0; free_frames++
    :: else
    fi
  :: swapped(page) -> content[at[page]] = 0
  :: else
  fi;
  at[page] = BALLOONED; expected[page] = 0; balloon[vm]++
}
inline deflate(vm, page) {
  at[page] == BALLOONED ->
  at[page] = UNMAPPED; balloon[vm]--
}

${lines(Object.entries(invariants), ([name, terms]) => `#define ${name}_hold (${terms.join(' && ')})`)}

active proctype vmm() {
  do
${lines(Object.keys(invariants), (name) => `  :: d_step { !${name}_hold -> assert(${name}_hold) }`)}
${lines(options, (option) => `  :: d_step { ${option} }`)}
  od
}
`;
}
