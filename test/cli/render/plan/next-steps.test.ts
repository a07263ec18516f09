import { describe, expect, test } from 'vitest'
import { dateOf } from 'zds'
import { nextSteps, planAgain } from '../../../../src/cli/render/plan/next-steps.ts'
import { planOf, syncPlan } from '../../plans.ts'

const today = dateOf(new Date())
const within = { ...planOf(syncPlan()), asOf: today }
const excess = {
  id: 'global.update',
  op: 'update',
  count: 2,
  existing: 3,
  limit: 1,
  message: 'too many',
  examples: [],
} as const
const beyond = { ...planOf(syncPlan({ excesses: [excess] })), asOf: today }

describe('what to do next', () => {
  test('is a bare apply where that makes the same plan', () => {
    expect(nextSteps(within, { made: planAgain({}) })).toEqual(['To carry it out:', '  zds apply'])
    expect(nextSteps(within, { out: 'a.json', made: planAgain({ from: 'last' }) })).toEqual([
      'To carry it out:',
      '  zds apply a.json',
    ])
  })

  test('saves the plan first where a bare apply would go on with a run that stopped', () => {
    const save = '  zds plan --out FILE'
    expect(nextSteps(within, { made: planAgain({}), open: true })).toEqual([
      'To carry it out:',
      save,
      '  zds apply FILE',
    ])
  })

  test('is for all of a plan of which a part was shown', () => {
    const [title] = nextSteps(within, { made: planAgain({}), part: true })
    expect(title).toBe('To carry out all of it, not this part alone:')
  })

  test.each([
    [{ failedFrom: 'last' }, '--failed-from last'],
    [{ from: 'run/' }, '--from run/'],
    [{ from: 'last', asOf: today }, `--from last --as-of ${today}`],
  ])('saves first what a bare apply would make another plan of: %j', (asked, options) => {
    const save = `  zds plan ${options} --out FILE`
    expect(nextSteps(within, { made: planAgain(asked) })).toEqual(['To carry it out:', save, '  zds apply FILE'])
  })

  test('beyond a limit looks at the plan that was made, on its day', () => {
    const asked = { failedFrom: 'last', asOf: '2020-01-31' }
    const steps = nextSteps({ ...beyond, asOf: asked.asOf }, { made: planAgain(asked) })
    expect(steps).toContain('  zds plan --failed-from last --as-of 2020-01-31 --out FILE')
    expect(steps.at(-1)).toBe('  zds apply FILE --approve dddddddddddd --as-of 2020-01-31')
    expect(nextSteps(beyond, { out: 'undo.json', made: 'zds undo run-1' })).toEqual([
      'It goes beyond its limits. Look at it:',
      '  zds show undo.json --all',
      'If it is right:',
      '  zds apply undo.json --approve dddddddddddd',
    ])
  })
})
