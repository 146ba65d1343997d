/** A rule of the specification, in our own words. */
export interface Rule {
  readonly id: string;
  readonly says: string;
  readonly source: string;
  /** Why a rule is not modelled yet. */
  readonly deferred?: string;
}
