import { describe, expect, it } from 'vitest'
import {
  collect,
  type Change,
  type Desired,
  type Fields,
  type Outcome,
  type Outcomes,
  type Sync,
  type Target,
} from 'zds'
import { ref } from '../../../src/core/refs.ts'
import { applyingStage, create, planOf, update } from '../../support/applying.ts'
import { engineOf, type TestEngine } from '../../support/engine.ts'
import { done, held, sourceOf, stream, syncOf, targetOf } from '../../support/syncs.ts'

const made = (key: string): Outcome => ({ key, status: 'done', id: `new-${key}` })

/**
 * A target that says yes to every change but those of `refused`, and holds these fields of whatever
 * it is asked for; `asked` says of what.
 */
function saying(
  holds: Fields,
  refused: readonly string[] = [],
): { readonly target: Target; readonly asked: string[][] } {
  const asked: string[][] = []
  const answer = (change: Change): Outcome =>
    refused.includes(change.key) ? { key: change.key, status: 'failed', code: 'x', message: 'no' } : done(change)
  const target = targetOf({
    send: (changes) => changes.map(answer),
    refetch: (ids) => {
      asked.push([...ids])
      return stream(ids.map((id) => held(id, id, holds)))
    },
  })
  return { target, asked }
}

/** An engine with one sync that reads this share back, after another one. */
function engineWith(target: Target, readBack?: number): TestEngine {
  const first = syncOf({}, { target: targetOf({ name: 'first' }), desired: sourceOf<Desired>('first-accounts') })
  const { readBack: _, ...rest } = syncOf({ after: [first] }, { target })
  const global: Sync = readBack === undefined ? rest : { ...rest, readBack }
  return engineOf({ sources: {}, targets: { first, global } })
}

const differs = { status: 'failed', code: 'read-back-differs' }
const changes = (count: number): Change[] => Array.from({ length: count }, (_, index) => create(`K${index}`))

describe('what was written is read back', () => {
  it('and a record that is not as it was written has a second outcome, in the journal before it is told', async () => {
    const { target } = saying({ aar: 3 })
    const { told, rows } = await applyingStage(engineWith(target, 1), planOf(create('A'), create('B')))
    const seen: Outcome[] = []
    for await (const outcome of told) {
      expect(rows()).toContainEqual(expect.objectContaining({ key: outcome.key, status: outcome.status }))
      seen.push(outcome)
    }
    const message = expect.stringContaining('aar')
    const unlike = (key: string) => ({ key, ...differs, message, id: `new-${key}` })
    expect(seen).toEqual([made('A'), made('B'), unlike('A'), unlike('B')])
    expect(rows().map(({ key, status }) => [status, key].join(' '))).toEqual([
      'done A',
      'done B',
      'failed A',
      'failed B',
    ])
  })

  it('under the id that the target gave, and no outcome follows where it is as it was written', async () => {
    const { target, asked } = saying({ aar: 1 })
    expect(await collect((await applyingStage(engineWith(target, 1), planOf(create('A'), create('B')))).told)).toEqual([
      made('A'),
      made('B'),
    ])
    expect(asked).toEqual([['new-A', 'new-B']])
  })

  it('1 % of it, and at least 10, unless the sync says otherwise', async () => {
    const { target, asked } = saying({ aar: 1 })
    await collect((await applyingStage(engineWith(target), planOf(...changes(2000)))).told)
    expect(asked.map(({ length }) => length)).toEqual([20])
    await collect((await applyingStage(engineWith(target, 0), planOf(...changes(20)))).told)
    expect(asked).toHaveLength(1)
  })

  it('but not what was refused, or left because it was changed', async () => {
    const { target, asked } = saying({ aar: 1 }, ['A'])
    const stale: Change = { ...update('S'), fields: { aar: { from: 7, to: 8 } } }
    const outcomes = await collect(
      (await applyingStage(engineWith(target, 1), planOf(create('A'), create('B'), stale))).told,
    )
    expect(outcomes.map(({ key, status }) => `${status} ${key}`)).toEqual(['failed A', 'done B', 'stale S'])
    expect(asked).toEqual([['id-S'], ['new-B']])
  })

  const referring = (key: string): Change => ({
    op: 'create',
    key,
    fields: { organization_id: { from: null, to: ref('first', 'O') } },
  })
  const done77: Outcomes = new Map([['first', [{ key: 'O', status: 'done', id: '77' }]]])

  it('SAFE-08: with the id that a ref has become', async () => {
    const { target } = saying({ organization_id: '77' })
    const { told } = await applyingStage(engineWith(target, 1), planOf(referring('U')), done77)
    expect(await collect(told)).toEqual([made('U')])
  })

  it('SAFE-06: what an earlier attempt wrote too, unless it refers to what is not known any more', async () => {
    const { target, asked } = saying({ aar: 3 })
    const { told } = await applyingStage(
      engineWith(target, 1),
      planOf(create('A'), referring('U')),
      new Map(),
      ['A', 'U'].map(made),
    )
    expect(await collect(told)).toMatchObject([made('A'), made('U'), { key: 'A', ...differs }])
    expect(asked).toEqual([['new-A']])
  })
})

describe('what an apply lends to its target', () => {
  it('AMB-20: it may write down which changes went after which', async () => {
    const engine = engineWith(
      targetOf({
        apply: async function* (changes, run) {
          await run.waited(new Map([['B', 'A']]), run.clock.now())
          yield { status: 'sending', keys: [...changes].map(({ key }) => key) }
          yield* [...changes].map(done)
        },
      }),
      0,
    )
    const { told } = await applyingStage(engine, planOf(create('A'), create('B')))
    expect(await collect(told)).toHaveLength(2)
    expect(await engine.state.journal.waits('run-1')).toMatchObject([
      { sync: 'global', because: 'name', awaited: 'global', count: 1 },
    ])
  })

  it('SAFE-10: tells it of a record that is not ours by now, and no rows', async () => {
    const reading: unknown[] = []
    const accounts = sourceOf<Desired>('accounts')
    const target = targetOf({
      refetch: (ids) => stream(ids.map((id) => held(id, id === 'id-B' ? 'other' : id.slice(3), { aar: 1 }))),
    })
    const write: Target = {
      ...target,
      write: {
        batch: 10,
        parallel: 1,
        send: async (changes, run) => {
          try {
            run.input(accounts)
          } catch (error) {
            reading.push(error)
          }
          return changes.map(done)
        },
      },
    }
    const engine = engineOf({ sources: {}, targets: { global: syncOf({}, { target: write, desired: accounts }) } })
    const { told } = await applyingStage(engine, planOf(update('A'), update('B')))
    expect(await collect(told)).toMatchObject([
      { key: 'B', status: 'stale' },
      { key: 'A', status: 'done' },
    ])
    expect(reading).toMatchObject([
      { code: 'CONFIG_INVALID', message: 'apply:global reads gather:accounts without needing it' },
    ])
  })
})
