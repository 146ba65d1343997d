/**
 * The cache of what was sent last (4.B.4, XBZRLE): of a page that is in it only the difference is sent,
 * if that is small. It is of use only while it has what the target will have, and so not in post-copy
 * (QEMU asks `!migration_in_postcopy()`).
 */
import { send } from './channel.ts';
import type { C, ContentId, PageId, VmId } from './model.ts';
import type { Migration } from './state.ts';

/** What the cache has of a page; null: nothing. */
const cachedOf = ({ cache }: Migration, page: PageId): ContentId | null =>
  page < cache.length ? cache.at(Number(page)) : null;

/** A page is sent as it is, or as what is other than before; one that is as before is not sent. */
export function sendContent(
  migration: Migration,
  a: { readonly vm: VmId; readonly page: PageId; readonly content: ContentId },
  c: C,
): void {
  const { page, content } = a;
  const known = cachedOf(migration, page);
  const was = known ?? content;
  if (content === 0) {
    if (known !== null) c.operation.cachePage(migration, page, content, 'zero');
    send(migration, a.vm, { kind: 'zero', page }, c);
  } else if (known === null) {
    // Of the last pages nothing is sent again, nor of those that follow in post-copy.
    if (page < migration.cache.length && migration.phase === 'copying') {
      c.operation.cachePage(migration, page, content, 'full');
    }
    send(migration, a.vm, { kind: 'page', page, content }, c);
  } else if (Math.abs(content - was) === 1) {
    c.operation.cachePage(migration, page, content, 'delta');
    send(migration, a.vm, { kind: 'delta', page, more: content > was }, c);
  } else if (content !== was) {
    // The copy in the cache is sent, not the page, which the guest may be writing.
    c.operation.cachePage(migration, page, content, 'overflow');
    send(migration, a.vm, { kind: 'page', page, content }, c);
  }
}

/** What a page holds after a difference is applied to it. */
export const apply = (held: ContentId, more: boolean, contents: number): ContentId =>
  (held + (more ? 1 : contents - 1)) % contents;

/** What the target throws away it cannot apply a difference to. */
export function emptyCache({ cache }: Migration): void {
  for (let p = 0; p < cache.length; p++) cache[p] = null;
}

export function cachePage({ cache }: Migration, page: PageId, content: ContentId): void {
  cache[Number(page)] = content;
}
