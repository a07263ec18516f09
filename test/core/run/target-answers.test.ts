import { describe, expect, it } from 'vitest'
import type { Change, Preparation, PrepareRun } from 'zds'
import { answersOf } from '../../../src/core/run/target-answers.ts'
import { create, update } from '../../support/applying.ts'
import { engineOf, type TestEngine } from '../../support/engine.ts'
import { syncOf, targetOf } from '../../support/syncs.ts'

/** An engine whose target prepares so, and what it was asked about. */
function scene(prepare?: (changes: readonly Change[]) => unknown) {
  const asked: string[] = []
  const held: string[] = []
  const target = {
    ...targetOf(),
    ...(prepare && {
      prepare: async (changes: Iterable<Change>, run: PrepareRun) => {
        asked.push(...[...changes].map(({ key }) => key))
        held.push(...run.held)
        return prepare([...changes]) as Preparation // or nonsense
      },
    }),
  }
  return { engine: engineOf({ sources: {}, targets: { global: syncOf({}, { target }) } }), asked, held }
}

const answers = async (engine: TestEngine, changes: readonly Change[], from?: string) => {
  const shared = { ...engine, ...(from !== undefined && { from }) }
  const said = await answersOf({ changes, held: ['H'] }, engine.stage('compare', 'global'), shared, 'run-1', engine)
  return said && { ...said, changes: [...said.changes] }
}

const completed = (change: Change): Change => ({
  ...change,
  fields: { ...change.fields, made: { from: null, to: 'up' } },
})
const skip = (key: string) => ({ key, reason: 'no-place' })
const notice = (key: string) => ({ key, code: 'will-mail', message: `${key} gets a mail` })

describe('SYN-03: what a target says of planned changes', () => {
  it('is nothing where it has nothing to say', async () => {
    expect(await answers(scene().engine, [create('A')])).toBeUndefined()
  })

  it('holds for the same changes where nothing may be asked, in whatever order it answered', async () => {
    const changes = [create('A'), create('B'), update('C'), update('D')]
    const { engine, asked, held } = scene(([a, b, , d]) => ({
      changes: [d, b, a].map((change) => completed(change as Change)), // there are four
      skipped: [skip('C')],
      notices: [notice('B'), { ...notice('B'), code: 'late' }, notice('C')],
    }))
    const said = await answers(engine, changes)
    expect(said?.changes.map(({ key }) => key)).toEqual(['D', 'B', 'A'])
    expect([asked.splice(0), held.splice(0)]).toEqual([['A', 'B', 'C', 'D'], ['H']])
    expect(await answers(engine, changes, 'run run-1')).toEqual({
      changes: [create('A'), create('B'), update('D')].map(completed),
      skipped: [skip('C')],
      notices: [notice('B'), { ...notice('B'), code: 'late' }, notice('C')],
    })
    expect([asked, engine.told]).toEqual([[], []])
  })

  it('of a record holds whatever else is written to it; of another change of it nothing is known', async () => {
    const along = (...people: string[]): Pick<Change, 'along'> => ({ along: { people } })
    const { engine } = scene((changes) => ({
      changes: changes.filter(({ key }) => key !== 'S').map(completed),
      skipped: [skip('S')],
    }))
    await answers(engine, [update('A'), create('B'), { ...update('C'), ...along('Ada') }, update('S'), update('E')])
    const other = { fields: { aar: { from: 1, to: 3 } } }
    const today: Change[] = [
      { ...update('A'), ...other },
      { ...update('B'), id: 'id-B' },
      { ...update('C'), ...along('Bob') },
      { ...update('S'), ...other },
      { ...update('E'), id: 'id-other' },
      create('N'),
    ]
    expect(await answers(engine, today, 'run run-1')).toEqual({
      changes: [today[0], today[1], today[2], today[4], today[5]],
      skipped: [skip('S')],
      notices: [],
    })
    expect(engine.told).toEqual(['4 changes are new since then: their target was not asked about them'])
  })

  it('that leaves a change out without a word is remembered as having said nothing', async () => {
    const { engine } = scene((changes) => ({ changes: changes.slice(1), skipped: [] }))
    await answers(engine, [create('A'), create('B')])
    const said = await answers(engine, [create('B')], 'run run-1')
    expect(said?.changes).toEqual([create('B')])
  })

  it('is unknown where it was never asked', async () => {
    const { engine } = scene((changes) => ({ changes, skipped: [] }))
    expect(await answers(engine, [create('A')], 'run run-1')).toEqual({
      changes: [create('A')],
      skipped: [],
      notices: [],
    })
    expect(engine.told).toEqual(['1 changes are new since then: their target was not asked about them'])
  })

  it.each([
    ['undefined', undefined],
    ['a list', []],
    ['an object', { changes: [] }],
    ['an object', { changes: 5, skipped: [] }],
  ])('that is %s is a defect of its plugin', async (words, said) => {
    await expect(answers(scene(() => said).engine, [create('A')])).rejects.toMatchObject({
      code: 'TARGET_INVALID',
      message: expect.stringMatching(`prepares with .*${words}.*, and has to with { changes, skipped }`) as string,
    })
  })
})
