import type { Charge, Subscription } from './account.ts'
import { ACCOUNT } from './columns.ts'
import type { Context, Rule } from './rule.ts'
import { soldTos } from './sold-to.ts'

/** The level of an account for which no subscription counts (PROC-31). */
export const EXPIRED = 'expired'

/** The types of an account, of which the second is that of an expired one (AMB-12). */
export const TYPES = ['customer', 'former_customer'] as const

/** The subscription type that a rule alone reads (PROC-44): no organization has a field for it. */
export const FEDRAMP = 'usgov_fedramp'

/** Facts that are not subscription types, by the names that `fact(...)` uses. */
export const FACTS = ['level', 'type', 'arr', 'seats', 'expiry', 'region', 'schedule'] as const

const split: Rule = {
  id: 'PROC-15',
  about:
    'Keeps the subscriptions of this instance; an account without one has no record here (AMB-06, AMB-10, PROC-11).',
  apply(draft, context) {
    const { subscriptions, exception } = draft.account
    const govTypes = govTypesFor(exception, context)
    const wanted = context.side === 'us_government'
    draft.subscriptions = subscriptions.filter((subscription) => hasType(subscription, govTypes, context) === wanted)
    draft.charges = draft.subscriptions.flatMap(({ charges }) => charges)
    if (draft.subscriptions.length === 0) draft.absent = 'no-subscription'
  },
}

const subscriptionTypes: Rule = {
  id: 'PROC-16',
  about:
    'Sets the value of each subscription type that a charge grants which has begun and is at most 15 days past its end (PROC-17, AMB-07).',
  apply({ charges, facts }, context) {
    for (const type of context.types) facts[type] = false
    for (const charge of charges) {
      const type = typeOf(charge, context)
      if (type !== undefined && counts(charge, context)) facts[type] = true
    }
  },
}

const expiry: Rule = {
  id: 'PROC-18',
  about:
    'The expiration date is the latest end of a charge with a known name, ended ones included; without any there is no record (AMB-08).',
  apply(draft, context) {
    let latest: string | undefined
    for (const charge of draft.charges) {
      if (charge.end === null || typeOf(charge, context) === undefined) continue
      if (latest === undefined || charge.end > latest) latest = charge.end
    }
    if (latest === undefined) draft.absent = 'no-subscription'
    else draft.facts['expiry'] = latest
  },
}

const seats: Rule = {
  id: 'PROC-19',
  about: 'Seats are the highest quantity of a counting charge of a base tier, 0 without one (AMB-09).',
  apply({ charges, facts }, context) {
    let most = 0
    for (const charge of charges) {
      const type = typeOf(charge, context)
      if (type !== undefined && context.baseTiers.has(type) && counts(charge, context))
        most = Math.max(most, charge.quantity ?? 0)
    }
    facts['seats'] = most
  },
}

const region: Rule = {
  id: 'SFA-15',
  about: 'The region is Geo where that is a known region, else Region where that is one, else empty (AMB-25).',
  apply({ account, facts }, { regions }) {
    facts['region'] = regions.get(account.geo ?? '') ?? regions.get(account.region ?? '') ?? null
  },
}

const override: Rule = {
  id: 'OVR-03',
  about: 'Sets what the overrides file says for this account; later rules may compute it anew (OVR-04).',
  apply({ account, facts, fields }, { amendments }) {
    for (const { to, name, value } of amendments.get(account.id) ?? []) {
      if (to === 'fact') facts[name] = value
      else fields.set(name, value)
    }
  },
}

const fedramp: Rule = {
  id: 'PROC-44',
  about: 'FedRAMP brings GitLab Dedicated and 24x7 support; before the level, so that both agree (AMB-15).',
  only: 'us_government',
  apply({ facts }) {
    if (facts[FEDRAMP] !== true) return
    facts['sub_gitlab_dedicated'] = true
    facts['sub_usgov_24x7'] = true
  },
}

const level: Rule = {
  id: 'PROC-30',
  about: 'The level is the highest that a subscription type gives, expired without any (PROC-31, AMB-11).',
  computes: { fact: 'level', instead: 'Set the subscriptions that decide it, such as sub_sm_ultimate: true.' },
  apply({ facts }, { levels }) {
    facts['level'] = levels.find(({ types }) => types.some((type) => facts[type] === true))?.level ?? EXPIRED
  },
}

const type: Rule = {
  id: 'PROC-32',
  about: 'The account type is customer, or former_customer when expired (AMB-12).',
  computes: {
    fact: 'type',
    instead: 'It follows from the level: set the subscriptions that decide it, such as sub_sm_ultimate: true.',
  },
  apply({ facts }) {
    facts['type'] = TYPES[facts['level'] === EXPIRED ? 1 : 0]
  },
}

const arr: Rule = {
  id: 'PROC-41',
  about: 'The recurring revenue is that of Salesforce, 0 when expired.',
  computes: { fact: 'arr', instead: `Correct ${ACCOUNT.arr} of the account in Salesforce.` },
  apply({ account, facts }) {
    facts['arr'] = facts['level'] === EXPIRED ? 0 : account.arr
  },
}

const assignedEngineer: Rule = {
  id: 'PROC-42',
  about: 'Success Signature includes an assigned support engineer.',
  only: 'global',
  apply({ facts }) {
    if (facts['sub_ss_enterprise'] === true) facts['sub_ss_ase'] = true
  },
}

const schedule: Rule = {
  id: 'PROC-45',
  about: 'Emergency support is around the clock exactly with 24x7 support (AMB-14).',
  computes: { fact: 'schedule', instead: 'Set sub_usgov_24x7 instead.' },
  only: 'us_government',
  apply({ facts }) {
    facts['schedule'] = facts['sub_usgov_24x7'] === true
  },
}

const retention: Rule = {
  id: 'PROC-43',
  about: 'Leaves out an account that expired before three years and a day ago; that very day stays in.',
  apply(draft, { retentionStart }) {
    const { expiry } = draft.facts
    if (typeof expiry === 'string' && expiry < retentionStart) draft.absent = 'retention'
  },
}

const soldTo: Rule = {
  id: 'SYN-03',
  about: 'To a new record belong those whom the running subscriptions were sold to, and the latest sold-to contact.',
  only: 'global',
  apply(draft, context) {
    draft.people = soldTos(draft, context.today)
  },
}

/** All rules, in the order of PROC-40 and PROC-44. */
export const rules: readonly Rule[] = [
  split,
  subscriptionTypes,
  expiry,
  seats,
  region,
  override,
  fedramp,
  level,
  type,
  arr,
  assignedEngineer,
  schedule,
  retention,
  soldTo,
]

/** What rules after the overrides compute anew, whatever an override says (OVR-04). */
export const computedLater = rules.slice(rules.indexOf(override)).flatMap(({ computes }) => computes ?? [])

/** The types that put a subscription into US Government (AMB-06). */
export const govTypesFor = (exception: boolean, { usGovernment }: Context): ReadonlySet<string> =>
  exception ? usGovernment.exception : usGovernment.standard

/** The subscription type that the name of a charge stands for, whether it counts or not. */
export function typeOf({ name }: Charge, context: Context): string | undefined {
  return name === null ? undefined : context.typeOf.get(name)
}

function hasType({ charges }: Subscription, types: ReadonlySet<string>, context: Context): boolean {
  return charges.some((charge) => types.has(typeOf(charge, context) ?? ''))
}

/**
 * Whether a charge has begun and has not ended more than the days of grace ago; a missing end never
 * counts (PROC-17, AMB-07).
 */
export function counts({ start, end }: Charge, { today, graceStart }: Context): boolean {
  return (start === null || start <= today) && end !== null && end >= graceStart
}
