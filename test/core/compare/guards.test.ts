import { afterEach, describe, expect, it } from 'vitest'
import { env, several, type Guard, type SyncPlan } from 'zds'
import { guardIssues, unmetEverywhere } from '../../../src/core/compare/guards.ts'
import { absent, compared, held, syncOf, wanted } from '../../support/syncs.ts'

const NAME = 'ZDS_TEST_GUARD'
afterEach(() => delete process.env[NAME])

const key = (text: string) => (/^[A-Z]$/.test(text) ? text : { problem: 'is no key', hint: 'Write one letter.' })
const guard = (means?: Guard['means'], fallback?: string): Guard => ({
  setting: several(env(NAME, fallback), key),
  ...(means && { means }),
})
const unmet = (value: string) => ({
  code: 'guard-without-record',
  key: value,
  message: `${NAME} names ${value}, and no record has it`,
})

describe('SAFE-09: a guard that meets nothing', () => {
  it('is told, with its variable and its value', async () => {
    process.env[NAME] = 'A,B,C,D,E'
    const notice = { kind: 'notice', key: 'B', code: 'odd', message: 'B is odd' } as const
    const left = { kind: 'skip', key: 'E', reason: 'duplicate-email' } as const
    const sides = { desired: [notice, wanted('B'), absent('D', 'gone'), left], existing: [held('1', 'A')] }
    expect((await compared(sides, syncOf({ guards: [guard()] }))).notices).toEqual([
      { key: 'B', code: 'odd', message: 'B is odd' },
      unmet('C'),
      unmet('D'),
    ])
  })

  it('meets what its rule says', async () => {
    process.env[NAME] = 'A,B'
    const means = (value: string, of: string): boolean => of.endsWith(`@${value}`)
    const sides = { existing: [held('1', 'x@A'), held('2', 'A')] }
    expect((await compared(sides, syncOf({ guards: [guard(means)] }))).notices).toEqual([unmet('B')])
  })

  it('is nobody’s slip where it is the default', async () => {
    expect((await compared({}, syncOf({ guards: [guard(undefined, 'A')] }))).notices).toEqual([])
    process.env[NAME] = ' '
    expect((await compared({}, syncOf({ guards: [guard(undefined, 'A')] }))).notices).toEqual([])
  })

  it('is nobody’s slip where a setting cannot tell whether it was given', async () => {
    const { given: _given, ...fixed } = guard(undefined, 'A').setting
    expect((await compared({}, syncOf({ guards: [{ setting: fixed }] }))).notices).toEqual([])
  })

  it('that cannot be read is an issue before anything is', () => {
    process.env[NAME] = 'A,no'
    expect(guardIssues(syncOf({ guards: [guard()] }))).toEqual([
      {
        code: 'ENV_INVALID',
        where: NAME,
        message: 'part 2 of 2, "no", is no key',
        hint: 'Write one letter.',
      },
    ])
    expect(guardIssues(syncOf())).toEqual([])
  })
})

describe('a variable that guards several syncs', () => {
  it('is told only where it met nothing in any of them', async () => {
    process.env[NAME] = 'A,B,C'
    const sync = syncOf({ guards: [guard()] })
    process.env['ZDS_TEST_OTHER'] = 'A'
    const other = syncOf({ guards: [{ setting: several(env('ZDS_TEST_OTHER'), key) }] })
    const planOf = async (name: string, of = sync, existing = [held('1', 'A')]): Promise<SyncPlan> => ({
      ...(await compared({ existing }, of)),
      name,
    })
    const plans = [await planOf('one'), await planOf('two', sync, [held('2', 'B')]), await planOf('three', other)]
    const syncs = new Map([
      ['one', sync],
      ['two', sync],
      ['three', other],
    ])
    expect(unmetEverywhere(plans, syncs).map(({ notices }) => notices)).toEqual([[unmet('C')], [unmet('C')], []])
  })

  it('is told by one that guards with others too, beside one that guards nothing and says the same of its own', async () => {
    process.env[NAME] = 'A'
    const other = { setting: several(env('ZDS_TEST_OTHER'), key) }
    const [both, one, none] = [syncOf({ guards: [other, guard()] }), syncOf({ guards: [guard()] }), syncOf()]
    const own = { ...unmet('A'), code: 'odd' }
    const met = { ...(await compared({ existing: [held('1', 'A')] }, both)), name: 'both' }
    const open = { ...(await compared({}, one)), name: 'one' }
    const bare = { ...(await compared({}, none)), name: 'none', notices: [own] }
    const syncs = new Map([
      ['both', both],
      ['one', one],
      ['none', none],
    ])
    expect(unmetEverywhere([bare, met, open], syncs).map(({ notices }) => notices)).toEqual([[own], [], []])
  })
})
