/**
 * The reference model in Murphi, for rumur. The index sets are scalarsets, so that rumur can reduce
 * by symmetry; with reduction off it treats them as ranges.
 */
import type { SharedPagesSizes } from '../../examples/index.ts';

export const murphi = (size: SharedPagesSizes): string => `-- shared-pages
const
  VMS: ${size.vm};
  PAGES: ${size.page};
  FRAMES: ${size.frame};
  CONTENTS: ${size.content};
  SLOTS: ${size.slot};
  LIMIT: ${size.balloon};
${model}`;

const model = `
type
  Vm: scalarset(VMS);
  Page: scalarset(PAGES);
  Frame: scalarset(FRAMES);
  Slot: scalarset(SLOTS);
  Content: 0 .. CONTENTS;
  Written: 1 .. CONTENTS;
  References: 0 .. VMS * PAGES;
  Kind: enum { unmapped, mapped, swapped, ballooned };

var
  -- A page has a frame exactly when it is mapped, and a slot exactly when it is swapped.
  kind: array [Vm] of array [Page] of Kind;
  frame: array [Vm] of array [Page] of Frame;
  slot: array [Vm] of array [Page] of Slot;
  expected: array [Vm] of array [Page] of Content;
  content: array [Frame] of Content;
  references: array [Frame] of References;
  stored: array [Slot] of Content;
  balloon: array [Vm] of 0 .. LIMIT;
  free: 0 .. FRAMES;

ruleset v: Vm; p: Page; f: Frame; c: Written do
  rule "touch"
    kind[v][p] = unmapped & references[f] = 0
  ==>
    content[f] := c;
    references[f] := 1;
    free := free - 1;
    kind[v][p] := mapped;
    frame[v][p] := f;
    expected[v][p] := c;
  end;

  rule "copy on write"
    kind[v][p] = mapped & references[f] = 0 & references[frame[v][p]] > 1 & content[frame[v][p]] != c
  ==>
    references[frame[v][p]] := references[frame[v][p]] - 1;
    content[f] := c;
    references[f] := 1;
    free := free - 1;
    frame[v][p] := f;
    expected[v][p] := c;
  end;
end;

ruleset v: Vm; p: Page; c: Written do
  rule "write"
    kind[v][p] = mapped & references[frame[v][p]] = 1 & content[frame[v][p]] != c
  ==>
    content[frame[v][p]] := c;
    expected[v][p] := c;
  end;
end;

ruleset kept: Frame; freed: Frame do
  rule "dedup"
    kept != freed & content[kept] != 0 & content[freed] = content[kept]
  ==>
    for v: Vm do
      for p: Page do
        if kind[v][p] = mapped & frame[v][p] = freed then
          frame[v][p] := kept;
        end;
      end;
    end;
    references[kept] := references[kept] + references[freed];
    references[freed] := 0;
    content[freed] := 0;
    free := free + 1;
  end;
end;

ruleset v: Vm; p: Page; s: Slot do
  rule "swap out"
    kind[v][p] = mapped & stored[s] = 0 & references[frame[v][p]] = 1
  ==>
    stored[s] := content[frame[v][p]];
    content[frame[v][p]] := 0;
    references[frame[v][p]] := 0;
    free := free + 1;
    kind[v][p] := swapped;
    undefine frame[v][p];
    slot[v][p] := s;
  end;
end;

ruleset v: Vm; p: Page; f: Frame do
  rule "swap in"
    kind[v][p] = swapped & references[f] = 0
  ==>
    content[f] := stored[slot[v][p]];
    references[f] := 1;
    free := free - 1;
    stored[slot[v][p]] := 0;
    kind[v][p] := mapped;
    frame[v][p] := f;
    undefine slot[v][p];
  end;
end;

ruleset v: Vm; p: Page do
  rule "inflate"
    kind[v][p] != ballooned & balloon[v] < LIMIT
  ==>
    if kind[v][p] = mapped then
      references[frame[v][p]] := references[frame[v][p]] - 1;
      if references[frame[v][p]] = 0 then
        content[frame[v][p]] := 0;
        free := free + 1;
      end;
      undefine frame[v][p];
    elsif kind[v][p] = swapped then
      stored[slot[v][p]] := 0;
      undefine slot[v][p];
    end;
    kind[v][p] := ballooned;
    expected[v][p] := 0;
    balloon[v] := balloon[v] + 1;
  end;

  rule "deflate"
    kind[v][p] = ballooned
  ==>
    kind[v][p] := unmapped;
    balloon[v] := balloon[v] - 1;
  end;
end;

startstate
  for v: Vm do
    for p: Page do
      kind[v][p] := unmapped;
      undefine frame[v][p];
      undefine slot[v][p];
      expected[v][p] := 0;
    end;
    balloon[v] := 0;
  end;
  for f: Frame do
    content[f] := 0;
    references[f] := 0;
  end;
  for s: Slot do
    stored[s] := 0;
  end;
  free := FRAMES;
end;

function mappingsOf(f: Frame): References;
var count: References;
begin
  count := 0;
  for v: Vm do
    for p: Page do
      if kind[v][p] = mapped & frame[v][p] = f then
        count := count + 1;
      end;
    end;
  end;
  return count;
end;

function swappedTo(s: Slot): References;
var count: References;
begin
  count := 0;
  for v: Vm do
    for p: Page do
      if kind[v][p] = swapped & slot[v][p] = s then
        count := count + 1;
      end;
    end;
  end;
  return count;
end;

function unreferenced(): 0 .. FRAMES;
var count: 0 .. FRAMES;
begin
  count := 0;
  for f: Frame do
    if references[f] = 0 then
      count := count + 1;
    end;
  end;
  return count;
end;

function inBalloon(v: Vm): 0 .. PAGES;
var count: 0 .. PAGES;
begin
  count := 0;
  for p: Page do
    if kind[v][p] = ballooned then
      count := count + 1;
    end;
  end;
  return count;
end;

invariant "references"
  forall f: Frame do references[f] = mappingsOf(f) end;
invariant "content"
  forall f: Frame do (content[f] != 0) = (references[f] != 0) end;
invariant "free"
  free = unreferenced();
invariant "balloon"
  forall v: Vm do balloon[v] = inBalloon(v) end;
invariant "preserved"
  forall v: Vm do
    forall p: Page do kind[v][p] = mapped -> content[frame[v][p]] = expected[v][p] end
  end;
invariant "slots"
  forall s: Slot do swappedTo(s) = (stored[s] = 0 ? 0 : 1) end;
`;
