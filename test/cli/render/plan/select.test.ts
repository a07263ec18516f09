import { describe, expect, test } from 'vitest'
import type { Plan } from 'zds'
import { selectedOf, type Wanted } from '../../../../src/cli/render/plan/select.ts'
import { selectionLines } from '../../../../src/cli/render/plan/selection.ts'
import { change, look, many, notice, planOf, syncPlan } from '../../plans.ts'

const whole = planOf(
  syncPlan({
    changes: [
      change('create', '001000000000001AAA', { name: [null, 'Acme'], owner: [null, 'Ada'] }, { name: 'Acme' }),
      change('update', '001000000000002AAA', { owner: ['Ada', 'Mei'], aar: [1, 2] }, { name: 'Globex' }),
      change('retire', '001000000000003AAA', { mark: [false, true] }, { name: 'Initech', reason: 'gone' }),
    ],
    skipped: [{ key: '001000000000004AAA', id: '44', reason: 'protected', name: 'Umbrella' }],
    words: { protected: 'is protected' },
    notices: [{ ...notice('a charge'), key: 'Geo' }],
  }),
  syncPlan({ name: 'us-gov', changes: [change('remove', 'K9', { owner: ['Ada', null] })] }),
)
const keysOf = ({ syncs }: Plan): string[] =>
  syncs.flatMap(({ changes }) => [...changes].map(({ key }) => key.slice(-4)))
const keys = (wanted: Wanted): string[] => keysOf(selectedOf(whole, wanted))

describe('a part of a plan', () => {
  test.each<[Wanted, string[]]>([
    [{ key: ['001000000000001AAA'] }, ['1AAA']],
    [{ key: ['001000000000001aaa', 'globex'] }, ['1AAA', '2AAA']],
    [{ key: ['001000000000002'] }, ['2AAA']],
    [{ key: ['id-K9'] }, ['K9']],
    [{ key: ['K9'] }, ['K9']],
    [{ sync: ['us-gov'] }, ['K9']],
    [{ field: ['owner'] }, ['1AAA', '2AAA', 'K9']],
    [{ op: ['create', 'update'] }, ['1AAA', '2AAA']],
    [{ retire: true }, ['3AAA', 'K9']],
    [{ op: ['create'], retire: true }, ['1AAA', '3AAA', 'K9']],
    [{ field: ['owner'], sync: ['global'], op: ['update'] }, ['2AAA']],
    [{ key: ['K9'], sync: ['global'] }, []],
  ])('%j', (wanted, expected) => {
    expect(keys(wanted)).toEqual(expected.map((key) => key.slice(-4)))
  })

  test('of a field holds only that field; the digest stays that of the whole', () => {
    const part = selectedOf(whole, { field: ['aar'] })
    expect([...(part.syncs[0]?.changes ?? [])].map(({ fields }) => fields)).toEqual([{ aar: { from: 1, to: 2 } }])
    expect(part.digest).toBe(whole.digest)
  })

  test('of a record says why nothing happens to it', () => {
    const lines = selectionLines(selectedOf(whole, { key: ['44'] }), whole, look())
    expect(lines).toEqual([
      `Plan as of 2026-03-16: 0 of 4 changes (digest ${'d'.repeat(12)})`,
      '  . global  001000000000004AAA  44  Umbrella  left: protected (is protected)',
    ])
  })

  test('of what is nowhere in it is an error that names all of it, with what it is near to', () => {
    const asked = { key: ['Globx', 'zzzzzzzzzz'], sync: ['global', 'us-gv'], field: ['ownr'] }
    expect(() => selectedOf(whole, asked)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        issues: [
          { code: 'USAGE', where: '--key Globx', message: 'is nowhere in this plan; did you mean Globex?' },
          { code: 'USAGE', where: '--key zzzzzzzzzz', message: 'is nowhere in this plan' },
          { code: 'USAGE', where: '--sync us-gv', message: 'is nowhere in this plan; did you mean us-gov?' },
          { code: 'USAGE', where: '--field ownr', message: 'is nowhere in this plan; did you mean owner?' },
        ],
      }),
    )
  })

  test('of 10,000 changes is found quickly', () => {
    const plan = planOf(syncPlan({ changes: many(10_000, (at) => change('update', `KEY-${at}`, { a: [0, at] })) }))
    const began = process.threadCpuUsage()
    expect(keysOf(selectedOf(plan, { key: many(20, (at) => `KEY-${at}`) }))).toHaveLength(20)
    expect(process.threadCpuUsage(began).user).toBeLessThan(1_000_000)
  })
})
