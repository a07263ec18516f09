import {
  checkOptions,
  settingSchema,
  shape,
  sync,
  type FieldTable,
  type Fields,
  type Derive,
  type LimitsFor,
  type Processor,
  type Setting,
  type Sync,
  type Target,
  type TypesOf,
} from 'zds'

/** Account types that make an organization a partner's (PART-07, PROC-05). */
const ALLIANCE = 'alliance_partner'
const PARTNER_TYPES = [ALLIANCE, 'open_partner', 'select_partner'] as const

/** Whether an organization belongs to the partner sync, by its account type. */
export const isPartner = (existing: Fields): boolean => PARTNER_TYPES.some((type) => type === existing['account_type'])

/** The account type of a partner from its id and its track; the first match wins (PART-03). */
export function partnerType(allianceId: Setting): Derive<(typeof PARTNER_TYPES)[number] | null> {
  const derive: ReturnType<typeof partnerType> = (id, track) => {
    if (typeof id === 'string' && id === allianceId.peek()) return ALLIANCE
    if (track === 'Open') return 'open_partner'
    return track === 'Select' ? 'select_partner' : null
  }
  return Object.assign(derive, { values: PARTNER_TYPES })
}

export type PartnerOptions<Table extends FieldTable> = {
  /** The sync of the same organizations that goes first; the partner sync writes to its target. */
  readonly after: Sync
  readonly desired: Processor<TypesOf<Table>>
  /**
   * The account of the alliance, as `partnerType` has it: told where there is no such record. While it
   * is not set, no alliance partner is retired.
   */
  readonly alliance?: Setting
  /**
   * The fields that the partner sync owns (PART-06); others of an adopted organization stay as they
   * are.
   */
  readonly fields: Table
  readonly limits?: LimitsFor<Table>
}

/** Fields of a partner without which there is no sync. */
const NEEDED = ['salesforce_id', 'name', 'external_id', 'account_type', 'mark_for_deletion'] as const

const schema = shape<PartnerOptions<FieldTable>>({
  after: { type: 'object', required: ['kind'], properties: { kind: { type: 'string', const: 'sync' } } },
  desired: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
  'alliance?': settingSchema,
  fields: { type: 'object', required: NEEDED },
  'limits?': {},
})

/** The rules by which fields of a partner are made, those of the mapping unless named here. */
const RULES: { readonly [field: string]: string } = {
  account_type: 'PART-03',
  restricted_account: 'PART-04',
  org_in_escalated_state: 'PART-05',
}
const MAPPING = 'PART-06'

type Needed = Pick<FieldTable, (typeof NEEDED)[number]>

/**
 * Partner organizations of an instance: created, updated and retired without exclusions (PART-08),
 * after the customers' (GEN-02). An organization whose account it desires is adopted, whatever its
 * account type says (AMB-19).
 */
export function partnerSync<const Table extends FieldTable & Needed>(options: PartnerOptions<Table>): Sync {
  checkOptions('partnerSync', schema, options)
  const { after, desired, alliance, fields, limits } = options
  return sync<FieldTable, Processor, Target>({
    fields,
    desired,
    target: after.target,
    after: [after],
    onlyTied: true,
    rules: {
      key: 'salesforce_id',
      ...(after.rules.fold && { fold: after.rules.fold }),
      unique: 'name',
      adopt: ['external_id'],
      retire: { mark_for_deletion: true },
      owns: isPartner,
      takesOver: true,
      yields: after.desired,
      ids: Object.fromEntries(Object.keys(fields).map((field) => [field, RULES[field] ?? MAPPING])),
      ...(alliance && guarded(alliance)),
    },
    ...(limits && { limits }),
  })
}

/** Where nobody says which account the alliance is, it is not known that one is it no more (SAFE-09). */
const guarded = (alliance: Setting) => ({
  guards: [{ setting: alliance }],
  protects: ({ account_type }: Fields) => account_type === ALLIANCE && alliance.peek() === undefined,
})
