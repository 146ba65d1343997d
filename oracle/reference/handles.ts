/** Which handle of a system stands for which id of the model: bound when a reply tells it. */
export interface Handles<H> {
  /** Throws when the id or the handle stands for another one already. */
  bind(id: number, handle: H): void;
  /** The handle of an id, or undefined. */
  handle(id: number): H | undefined;
  /** The id of a handle, or undefined. */
  id(handle: H): number | undefined;
  /** The entity is gone: both may be used again. */
  release(id: number): void;
}

export function handles<H>(): Handles<H> {
  const byId = new Map<number, H>();
  const byHandle = new Map<H, number>();
  return {
    bind(id, handle) {
      if (byId.has(id)) throw new Error(`id ${id} has a handle already`);
      const other = byHandle.get(handle);
      if (other !== undefined) throw new Error(`this handle is that of id ${other} already`);
      byId.set(id, handle);
      byHandle.set(handle, id);
    },
    handle: (id) => byId.get(id),
    id: (handle) => byHandle.get(handle),
    release(id) {
      if (byId.has(id)) byHandle.delete(byId.get(id) as H);
      byId.delete(id);
    },
  };
}
