import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  openEngine,
  ref,
  ZdsError,
  type Change,
  type Config,
  type Engine,
  type Observer,
  type Plan,
  type Report,
} from 'zds'
import { logOf } from '../../../src/core/answers/log.ts'
import { stages } from '../../../src/core/config/stages.ts'
import { errorCode } from '../../../src/core/errors.ts'
import { digestOf } from '../../../src/core/plan/plan.ts'
import { localState } from '../../../src/core/state/local.ts'
import { done, sourceOf, stream, syncOf, targetOf, wanted } from '../../support/syncs.ts'
import { fakeClock } from 'zds/testing'

type Scene = { readonly engine: Engine; readonly run: string; readonly sent: string[] }

/** Two syncs, the second after the first; `failing` throws before the changes of the keys it names. */
async function scene(
  failing = new Set<string>(),
  checks: string[] = [],
  told: string[] = [],
  { last = 'B', below }: { readonly last?: string; readonly below?: string } = {},
): Promise<Scene> {
  const sent: string[] = []
  const send = (changes: readonly Change[]) => {
    if (changes.some(({ key }) => failing.has(key))) throw new ZdsError('AUTH_FAILED', 'refused')
    sent.push(
      ...changes.map(({ key, fields }) =>
        fields['parent'] ? `${key} below ${JSON.stringify(fields['parent'].to)}` : key,
      ),
    )
    return changes.map(done)
  }
  const accounts = sourceOf('accounts', [wanted('A', { name: 'A' }), wanted(last, { name: last })], {
    check: () => {
      checks.push('accounts')
      if (failing.has('accounts')) throw new ZdsError('AUTH_FAILED', 'Nobody knows us')
      return Promise.resolve([])
    },
  })
  const others = sourceOf('others', [wanted('C', { name: 'C', ...(below && { parent: ref('first', below) }) })])
  const target = targetOf({ address: 'https://a.example', send, settle: () => stream([]) })
  const first = syncOf({}, { desired: accounts, target: { ...target, mayBeEmpty: true } })
  const observer: Observer = {
    kind: 'observer',
    planned: async ({ syncs }) => void told.push(`planned ${syncs.length}`),
    notPlanned: async ({ run, error }) => void told.push(`not planned in ${run}: ${errorCode(error)}`),
    ended: async ({ status, error }) => void told.push(error === undefined ? status : `${status}: ${errorCode(error)}`),
  }
  const config: Config = {
    sources: { accounts, others },
    targets: {
      first,
      second: syncOf(
        { after: [first] },
        {
          desired: others,
          target: {
            ...targetOf({ name: 'other-organizations', address: 'https://b.example', send, settle: () => stream([]) }),
            mayBeEmpty: true,
          },
        },
      ),
    },
    hooks: { observer },
  }
  const directory = mkdtempSync(join(tmpdir(), 'zds-stages-'))
  const engine = await openEngine({ config, state: localState(directory), clock: fakeClock() })
  onTestFinished(async () => {
    await engine.close()
    rmSync(directory, { recursive: true, force: true })
  })
  return { engine, run: join(directory, 'run'), sent }
}

async function planned({ engine, run }: Scene): Promise<Plan> {
  const reading = stages(engine.shared.config).filter(({ kind }) => kind !== 'apply')
  for (const { id } of reading) await engine.stage(id, { run })
  const end = await engine.stage('plan', { run })
  if (end.kind !== 'whole-plan') throw new Error('No plan was made')
  return end.plan
}

async function applied({ engine, run }: Scene, id: string, plan: Plan): Promise<Report> {
  const end = await engine.stage(id, { run, plan })
  if (end.kind !== 'report') throw new Error('Nothing was applied')
  return end.report
}

/** The plan with other syncs, and a digest that fits. */
const remade = (plan: Plan, syncs: Plan['syncs']): Plan => ({ ...plan, syncs, digest: digestOf({ ...plan, syncs }) })

describe('the apply of one sync as a stage', () => {
  it('carries out its own part, after the sync before it, and leaves what became of it', async () => {
    const here = await scene()
    const plan = await planned(here)
    await expect(applied(here, 'apply:second', plan)).rejects.toMatchObject({
      code: 'ARTIFACT_MISSING',
      hint: expect.stringContaining('zds stage apply:first ') as string,
    })
    expect(await applied(here, 'apply:first', plan)).toMatchObject({
      status: 'done',
      syncs: [{ name: 'first', done: 2 }],
    })
    expect(here.sent).toEqual(['A', 'B'])
    expect(await applied(here, 'apply:second', plan)).toMatchObject({ status: 'done', syncs: [{ done: 1 }] })
    expect(here.sent).toEqual(['A', 'B', 'C'])
  })

  it('SAFE-06: goes on where it stopped, and sends nothing twice', async () => {
    const failing = new Set(['A'])
    const here = await scene(failing)
    const plan = await planned(here)
    const stopped = await applied(here, 'apply:first', plan)
    expect(stopped).toMatchObject({ status: 'failed' })
    await expect(applied(here, 'apply:second', plan)).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
    failing.clear()
    const rest = await applied(here, 'apply:first', plan)
    expect(rest).toMatchObject({ run: stopped.run, status: 'done', syncs: [{ done: 2 }] })
    expect(await applied(here, 'apply:first', plan)).toMatchObject({ run: stopped.run, status: 'done' })
    expect(here.sent).toEqual(['A', 'B'])
  })

  it('SAFE-06: what zds apply goes on with refers to what the stage before it has made', async () => {
    const failing = new Set(['C'])
    const here = await scene(failing, [], [], { below: 'A' })
    const plan = await planned(here)
    await applied(here, 'apply:first', plan)
    expect(await applied(here, 'apply:second', plan)).toMatchObject({ status: 'failed' })
    failing.clear()
    const rest = await here.engine.rest()
    if (rest === undefined) throw new Error('Nothing has stopped')
    expect(await here.engine.resume(rest)).toMatchObject({ status: 'done', syncs: [{ name: 'second', done: 1 }] })
    expect(here.sent).toEqual(['A', 'B', 'C below "new-A"'])
  })

  it('refuses one after a sync that was carried out for another plan', async () => {
    const here = await scene()
    const plan = await planned(here)
    await applied(here, 'apply:first', plan)
    const other = await here.engine.plan({ from: here.run, asOf: '2026-03-17' })
    await expect(applied(here, 'apply:second', other)).rejects.toMatchObject({
      code: 'ARTIFACT_MISFIT',
      message: 'apply:first was carried out for another plan than the one that is given',
      hint: `Run it with this plan first: zds stage apply:first --run ${here.run} --plan FILE`,
    })
    expect(here.sent).toEqual(['A', 'B'])
  })

  it('SAFE-02: reads the rows that a summary speaks of, and no others: of two files, one may have been copied', async () => {
    const here = await scene()
    const old = await scene(new Set(), [], [], { last: 'Z' })
    for (const { engine, run } of [here, old]) await engine.stage('gather:accounts', { run })
    for (const id of ['gather:others', 'gather:organizations', 'gather:other-organizations'])
      await here.engine.stage(id, { run: here.run })
    const rows = (run: string): string => join(run, 'gather.accounts.ndjson.zst')
    copyFileSync(rows(old.run), rows(here.run))
    await expect(here.engine.stage('compare:first', { run: here.run })).rejects.toMatchObject({
      code: 'ARTIFACT_MISFIT',
      message: expect.stringContaining('gather:accounts') as string,
    })
    await expect(here.engine.plan({ from: here.run })).rejects.toMatchObject({ code: 'ARTIFACT_MISFIT' })
  })

  it('SAFE-14: believes a plan as far as it is proved: nothing is sent of one that its sync never makes', async () => {
    const here = await scene()
    const plan = await planned(here)
    const address = 'https://elsewhere.example'
    const strange = remade(
      plan,
      plan.syncs.map((sync) => ({
        ...sync,
        address,
        changes: [...sync.changes].map((change) => ({ ...change, id: '7' })),
      })),
    )
    await expect(applied(here, 'apply:first', strange)).rejects.toMatchObject({ code: 'PLAN_INVALID' })
    await expect(applied(here, 'apply:first', { ...plan, syncs: [] })).rejects.toMatchObject({ code: 'PLAN_INVALID' })
    expect(here.sent).toEqual([])
  })

  it('SAFE-11: refuses a plan that is too old, and one that undoes a run', async () => {
    const here = await scene()
    const plan = await planned(here)
    const back = { ...plan, undoes: 'run-0' }
    await expect(applied(here, 'apply:first', { ...back, digest: digestOf(back) })).rejects.toMatchObject({
      code: 'PLAN_STALE',
      message: 'The plan has no part that apply:first could carry out by itself',
      hint: expect.stringContaining('zds apply FILE') as string,
    })
    const { clock, signal } = here.engine.shared
    await clock.sleep(25 * 3_600_000, signal)
    await expect(applied(here, 'apply:first', plan)).rejects.toMatchObject({ code: 'PLAN_EXPIRED' })
    expect(here.sent).toEqual([])
  })

  it('is not gone on with once its plan was given up, and says so', async () => {
    const here = await scene(new Set(['A']))
    const plan = await planned(here)
    const { run } = await applied(here, 'apply:first', plan)
    const { clock, state } = here.engine.shared
    await state.journal.end(run, 'abandoned', clock.now())
    await expect(applied(here, 'apply:first', plan)).rejects.toMatchObject({
      code: 'PLAN_STALE',
      message: expect.stringMatching(
        `^Run ${run} began with this plan .*, and was given up, with 2 of its changes sent$`,
      ) as string,
      hint: expect.stringContaining('zds stage plan') as string,
    })
  })

  it('SAFE-06: a plan that was given up gives nothing up: what another one has left is still gone on with', async () => {
    const failing = new Set(['A'])
    const here = await scene(failing)
    const { clock, state } = here.engine.shared
    const plan = await planned(here)
    const first = await applied(here, 'apply:first', plan)
    await state.journal.end(first.run, 'abandoned', clock.now())
    const other = await here.engine.plan({ from: here.run, asOf: '2026-03-17' })
    const second = await applied(here, 'apply:first', other)
    await expect(applied(here, 'apply:first', plan)).rejects.toMatchObject({ code: 'PLAN_STALE' })
    expect((await state.journal.run(second.run))?.status).toBe('failed')
    failing.clear()
    expect(await applied(here, 'apply:first', other)).toMatchObject({ run: second.run, status: 'done' })
  })

  it('SAFE-06: gives up what an earlier plan has left of the same sync, and nothing of another', async () => {
    const failing = new Set(['A', 'C'])
    const here = await scene(failing)
    const { clock, signal, state } = here.engine.shared
    const old = await planned(here)
    const first = await applied(here, 'apply:first', old)
    await clock.sleep(60_000, signal)
    failing.clear()
    const plan = await planned(here)
    expect(await applied(here, 'apply:first', plan)).toMatchObject({ status: 'done' })
    expect((await state.journal.run(first.run))?.status).toBe('abandoned')
    failing.add('C')
    const second = await applied(here, 'apply:second', plan)
    await clock.sleep(60_000, signal)
    expect(await applied(here, 'apply:first', await planned(here))).toMatchObject({ status: 'done' })
    expect((await state.journal.run(second.run))?.status).toBe('failed')
  })

  it('that has nothing to do is done, and no run', async () => {
    const here = await scene()
    const plan = await planned(here)
    const nothing = remade(
      plan,
      plan.syncs.map((sync) => ({ ...sync, changes: [], excesses: [] })),
    )
    expect(await applied(here, 'apply:first', nothing)).toMatchObject({ status: 'done', syncs: [{ planned: 0 }] })
    expect(await here.engine.shared.state.journal.runs()).toEqual([])
  })

  it('is in the history, whether it is refused, fails or is done', async () => {
    const failing = new Set(['B'])
    const here = await scene(failing)
    const plan = await planned(here)
    await expect(applied(here, 'apply:first', remade(plan, []))).rejects.toMatchObject({ code: 'PLAN_STALE' })
    const { run } = await applied(here, 'apply:first', plan)
    const entry = { run, kind: 'apply', error: { code: 'AUTH_FAILED', message: 'refused' } }
    const refusal = { run: 'run', kind: 'refused', error: { code: 'PLAN_STALE' } }
    const log = (failed: boolean) => logOf(here.engine.shared, { failed })
    expect(await log(true)).toMatchObject([refusal, { ...entry, status: 'failed' }])
    failing.clear()
    await applied(here, 'apply:first', plan)
    expect(await log(false)).toMatchObject([refusal, { run, kind: 'apply', status: 'done' }])
  })

  it('needs a plan that has its sync', async () => {
    const here = await scene()
    const plan = await planned(here)
    await expect(here.engine.stage('apply:first', { run: here.run })).rejects.toMatchObject({ code: 'USAGE' })
    await expect(applied(here, 'apply:first', remade(plan, []))).rejects.toMatchObject({ code: 'PLAN_STALE' })
  })
})

it('a saved plan is carried out without a look at what it was made from', async () => {
  const checks: string[] = []
  const here = await scene(new Set(), checks)
  const plan = await here.engine.plan()
  expect(checks).toEqual(['accounts'])
  const copy = { ...plan }
  expect(await here.engine.apply(copy)).toMatchObject({ status: 'done' })
  expect(checks).toEqual(['accounts'])
  expect(here.sent).toEqual(['A', 'B', 'C'])
})

it('SAFE-11: a plan that somebody has looked at for more than a day is not carried out, though it was made here', async () => {
  const here = await scene()
  const { clock, signal } = here.engine.shared
  const plan = await here.engine.plan()
  await clock.sleep(25 * 3_600_000, signal)
  await expect(here.engine.apply(plan)).rejects.toMatchObject({ code: 'PLAN_EXPIRED' })
  expect(here.sent).toEqual([])
})

describe('observers hear of single stages as of a run', () => {
  it('of the plan, and of the end of an apply, each time that it stops', async () => {
    const told: string[] = []
    const failing = new Set(['B'])
    const here = await scene(failing, [], told)
    const plan = await planned(here)
    expect(told.splice(0)).toEqual(['planned 2'])
    await applied(here, 'apply:first', plan)
    failing.clear()
    await applied(here, 'apply:first', plan)
    expect(told).toEqual(['failed: AUTH_FAILED', 'done'])
  })

  it('of a stage that fails, once for one reason: without it no plan can be made; a slip in its name is no run', async () => {
    const told: string[] = []
    const here = await scene(new Set(['accounts']), [], told)
    const { engine, run } = here
    await expect(engine.stage('gather:accounts', { run })).rejects.toMatchObject({ code: 'AUTH_FAILED' })
    await expect(engine.stage('compare:first', { run })).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
    await expect(engine.stage('plan', { run })).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
    await expect(engine.stage('gather:acounts', { run })).rejects.toMatchObject({ code: 'USAGE' })
    const missing = 'not planned in run: ARTIFACT_MISSING'
    expect(told).toEqual(['not planned in run: AUTH_FAILED', missing])
    await engine.shared.clock.sleep(3_600_000, engine.shared.signal)
    await expect(engine.stage('plan', { run })).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
    expect(told.slice(2)).toEqual([missing])
    const events = await engine.shared.state.journal.noted(new Date(0))
    expect(events.map(({ kind, code }) => `${kind} ${code}`)).toEqual([
      'failed ARTIFACT_MISSING',
      'failed ARTIFACT_MISSING',
      'failed ARTIFACT_MISSING',
      'failed AUTH_FAILED',
    ])
  })
})
