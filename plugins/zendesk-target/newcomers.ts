import { isObject, ZdsError, type Change, type Json, type Remark } from 'zds'

/** What will become of somebody who comes with a new organization, in a plan. */
const FATES = {
  create: { code: 'user-new', words: 'new user' },
  associate: { code: 'user-joins', words: 'user without organization, gets this one' },
  leave: { code: 'user-stays', words: 'user of another organization, stays there' },
  staff: { code: 'user-staff', words: 'agent or admin, stays there (SAFE-15)' },
} as const

/** Somebody who comes with a new organization. A processor need not say what becomes of them. */
export type Newcomer = { readonly email: string; readonly name: string; readonly action: keyof typeof FATES }

/**
 * Who comes with a new organization, `{ people: [{ email, name }] }`; undefined where its sync does
 * not deal with people. Throws ROW_INVALID for anything else.
 */
export function newcomersOf({ key, along }: Change): readonly Newcomer[] | undefined {
  if (along === undefined) return undefined
  const { people, ...more }: { [part: string]: Json } = isObject(along) ? along : {}
  if (Array.isArray(people) && Object.keys(more).length === 0) return people.map((one: Json) => newcomerOf(one, key))
  throw unreadable(key)
}

function newcomerOf(one: Json, key: string): Newcomer {
  const { email, name, action = 'create', ...more } = isObject(one) ? one : {}
  if (Object.keys(more).length > 0) throw unreadable(key)
  if (typeof email === 'string' && typeof name === 'string' && isFate(action)) return { email, name, action }
  throw unreadable(key)
}

const isFate = (action: Json): action is Newcomer['action'] =>
  typeof action === 'string' && Object.hasOwn(FATES, action)

function unreadable(key: string): ZdsError {
  return new ZdsError('ROW_INVALID', `What comes along with the new organization ${key} is no list of people`, {
    hint: 'Its processor has to yield along: { people: [{ email, name }] }.',
  })
}

/** Each of them with what will become of them (SYN-03). */
export function describe(change: Change): readonly Remark[] {
  return (newcomersOf(change) ?? []).map(({ email, action }) => ({
    code: FATES[action].code,
    message: `${email}: ${FATES[action].words}`,
  }))
}
