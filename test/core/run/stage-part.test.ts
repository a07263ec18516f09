import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  openEngine,
  ZdsError,
  type Change,
  type Config,
  type Engine,
  type Executor,
  type Service,
  type Task,
} from 'zds'
import { fakeClock } from 'zds/testing'
import { localState } from '../../../src/core/state/local.ts'
import { done, held, sourceOf, stream, syncOf, targetOf, wanted } from '../../support/syncs.ts'

type Asked = Task & { readonly part: number; readonly lane: string; readonly end: string }

/** An engine whose stages are carried out by what it lends itself, as `asked` tells. */
async function scene(records: number, { assert = (): void => undefined } = {}) {
  const asked: Asked[] = []
  const sent: Change[] = []
  const failing = new Set<string>()
  const send = (changes: readonly Change[]) => {
    const refused = changes.find(({ key }) => failing.has(key))
    if (refused !== undefined) throw new ZdsError('AUTH_FAILED', `${refused.key} is refused`, { hint: 'Sign in.' })
    sent.push(...changes)
    return changes.map(done)
  }
  const accounts = sourceOf('accounts', [
    wanted('OLD', { name: 'new name' }),
    wanted('NEW', { name: 'brand new' }),
    ...Array.from({ length: records }, (_, at) => wanted(`A${at}`, { support_hold: true })),
  ])
  const others = sourceOf('others', [wanted('C', { name: 'C' })])
  const at = { address: 'https://a.example', settle: () => stream([]), send }
  const target = targetOf({
    ...at,
    records: [
      held('org-OLD', 'OLD', { name: 'old name' }),
      ...Array.from({ length: records }, (_, n) => held(`org-A${n}`, `A${n}`, { support_hold: false })),
    ],
  })
  const first = syncOf({}, { desired: accounts, target })
  const second = syncOf(
    { after: [first] },
    { desired: others, target: { ...targetOf({ ...at, name: 'people' }), mayBeEmpty: true } },
  )
  const config: Config = { sources: { accounts, others }, targets: { first, second } }

  let service: Service | undefined
  const executor: Executor = {
    ask: () => ({
      perform: async (task, lane, _tell, signal) => {
        for (let part = 0; ; part += 1) {
          const end = (await service?.perform(task, part, { signal, assert })) ?? 'failed'
          asked.push({ ...task, part, lane, end })
          if (end !== 'more') return end
        }
      },
      close: () => Promise.resolve(),
    }),
    serve: (lent) => Promise.resolve(void (service = lent)),
  }
  const directory = mkdtempSync(join(tmpdir(), 'zds-parts-'))
  const opened = (of: Config, name: string): Promise<Engine> =>
    openEngine({
      config: of,
      fingerprint: 'f'.repeat(64),
      state: localState(join(directory, name)),
      clock: fakeClock(),
    })
  const engine = await opened({ ...config, engine: executor }, 'elsewhere')
  const alone = await opened(config, 'alone')
  await engine.work(() => undefined)
  onTestFinished(async () => {
    await engine.close()
    await alone.close()
    rmSync(directory, { recursive: true, force: true })
  })
  return { engine, alone, asked, sent, failing }
}

describe('stages that others carry out', () => {
  it('make the plan that a process makes alone; who speaks to one instance shares a lane', async () => {
    const { engine, alone, asked } = await scene(2)
    expect((await engine.plan()).digest).toBe((await alone.plan()).digest)
    const lanes = new Map(asked.map(({ stage, lane }) => [stage, lane]))
    expect([...lanes.keys()].toSorted()).toEqual([
      'compare:first',
      'compare:second',
      'gather:accounts',
      'gather:organizations',
      'gather:others',
      'gather:people',
    ])
    expect(new Set(['gather:organizations', 'gather:people', 'compare:first'].map((id) => lanes.get(id))).size).toBe(1)
    expect(lanes.get('gather:accounts')).not.toBe(lanes.get('gather:others'))
    expect(JSON.stringify(asked)).not.toContain('a.example')
  })

  it('carry an apply out in parts, what takes or frees a name first and together (SYN-01, AMB-20), each change once', async () => {
    const { engine, asked, sent } = await scene(4_500)
    const report = await engine.apply(await engine.plan(), { force: true })
    expect(report).toMatchObject({ status: 'done', syncs: [{ name: 'first', done: 4_502 }, { done: 1 }] })
    const parts = asked.filter(({ stage }) => stage.startsWith('apply')).map(({ stage, end }) => `${stage} ${end}`)
    expect(parts).toEqual([
      ...Array.from({ length: 3 }, () => 'apply:first more'),
      'apply:first done',
      'apply:second done',
    ])
    expect(new Set(sent.map(({ key }) => key)).size).toBe(sent.length)
    expect(sent.slice(0, 2).map(({ op, key }) => `${op} ${key}`)).toEqual(['create NEW', 'update OLD'])
  })

  it('tell why they failed; gone on with, what is done is not done again (SAFE-06)', async () => {
    const { engine, sent, failing } = await scene(4_000)
    failing.add('A3499')
    const report = await engine.apply(await engine.plan(), { force: true })
    expect(report).toMatchObject({ status: 'failed', error: { code: 'AUTH_FAILED', hint: 'Sign in.' } })
    expect(report.syncs[0]?.done).toBeGreaterThanOrEqual(2_000)
    failing.clear()
    const rest = await engine.rest()
    expect(rest && (await engine.resume(rest))).toMatchObject({ status: 'done', syncs: [{ done: 4_002 }, { done: 1 }] })
    expect(new Set(sent.map(({ key }) => key)).size).toBe(sent.length)
  })

  it('leave nothing once others took their process for dead (SAFE-16)', async () => {
    const lost = new ZdsError('LOCK_LOST', 'taken for dead')
    const { engine } = await scene(2, {
      assert: () => {
        throw lost
      },
    })
    await expect(engine.plan()).rejects.toMatchObject({ code: 'LOCK_LOST' })
    const { state } = engine.shared
    const left = await Promise.all(
      (await state.runs()).map((run) =>
        Array.fromAsync(state.artifacts(run).read('gather:accounts')).catch(() => 'none'),
      ),
    )
    expect(left).toEqual(['none'])
  })

  it('of a run that is over are refused', async () => {
    const { engine, asked, sent } = await scene(2)
    await engine.apply(await engine.plan(), { force: true })
    const before = sent.length
    const task = asked.find(({ stage }) => stage === 'apply:first')
    const workers = engine.shared.config.engine?.ask(engine.shared)
    if (task === undefined || workers === undefined) throw new Error('There is none')
    const signal = new AbortController().signal
    expect(await workers.perform(task, task.lane, () => undefined, signal)).toBe('failed')
    expect(sent).toHaveLength(before)
  })
})

it('a process lends itself only where there is an engine', async () => {
  const { alone } = await scene(1)
  await expect(alone.work(() => undefined)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: 'The configuration has no engine, so nobody asks for the help of a worker',
    hint: expect.stringContaining('Set engine: in it') as string,
  })
})
