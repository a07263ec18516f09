import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openEngine, ZdsError, type Change, type Engine, type Outcome, type SentChange } from 'zds'
import { fakeClock } from 'zds/testing'
import { digestOf } from '../../../src/core/plan/plan.ts'
import { localState } from '../../../src/core/state/local.ts'
import { done, sourceOf, stream, syncOf, targetOf, wanted } from '../../support/syncs.ts'

type Send = (changes: readonly Change[]) => readonly Outcome[] | Promise<readonly Outcome[]>

/** Engines of one project, of which the target of each sends as is said, and settles nothing. */
function project(): (send: Send, at?: string) => Promise<Engine> {
  const directory = mkdtempSync(join(tmpdir(), 'zds-ended-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return async (send, at) => {
    const accounts = sourceOf('accounts', [wanted('A', { name: 'A' })])
    const settle = (_sent: readonly SentChange[]) => stream<Outcome>([])
    const target = { ...targetOf({ send, settle }), mayBeEmpty: true }
    const config = { sources: { accounts }, targets: { global: syncOf({}, { desired: accounts, target }) } }
    const engine = await openEngine({ config, state: localState(directory), clock: fakeClock(at) })
    onTestFinished(() => engine.close())
    return engine
  }
}

const cutOff: Send = () => {
  throw new ZdsError('AUTH_FAILED', 'cut off')
}

/** What does all that it is given, and says what that was. */
function recording(): { readonly sent: readonly string[]; readonly sending: Send } {
  const sent: string[] = []
  const sending: Send = (changes) => {
    sent.push(...changes.map(({ key }) => key))
    return changes.map(done)
  }
  return { sent, sending }
}

/** What is left of a run that stopped, as an engine finds it. */
async function restIn(engine: Engine) {
  const rest = await engine.rest()
  if (rest === undefined) throw new Error('Something is left')
  return rest
}

it('SAFE-06: a run that another process has given up meanwhile is not gone on with', async () => {
  const open = project()
  const { sent, sending } = recording()
  const [first, other] = [await open(cutOff), await open(sending)]
  await first.apply(await first.plan())
  const rest = await restIn(other)
  await first.abandon(await restIn(first))
  await expect(other.resume(rest)).rejects.toMatchObject({
    code: 'PLAN_STALE',
    message: expect.stringContaining('abandoned') as string,
  })
  expect(sent).toEqual([])
  expect((await other.runNamed('last')).run.status).toBe('abandoned')
})

it.each([
  ['given up', {}],
  ['left by --new', { left: true }],
])('SAFE-06: a run that another process has brought to its end meanwhile is not %s', async (_, how) => {
  const open = project()
  const [first, other] = [await open(cutOff), await open((changes) => changes.map(done))]
  const { run } = await first.apply(await first.plan())
  const rest = await restIn(first)
  await other.resume(await restIn(other))
  await expect(first.abandon(rest, how)).rejects.toMatchObject({ code: 'PLAN_STALE' })
  expect((await first.runNamed(run)).run.status).toBe('done')
})

it('SAFE-06: a run that another process goes on with is not left by --new meanwhile', async () => {
  const open = project()
  const first = await open(cutOff)
  const { run } = await first.apply(await first.plan())
  const rest = await restIn(first)
  const left = Promise.withResolvers<unknown>()
  const other = await open(async (changes) => {
    left.resolve(await first.abandon(rest, { left: true }).catch((error: unknown) => error))
    return changes.map(done)
  })
  await other.resume(await restIn(other))
  expect(await left.promise).toMatchObject({ code: 'LOCKED' })
  expect((await first.runNamed(run)).run.status).toBe('done')
})

it('SAFE-06: what a run has sent that was given up is not sent again with the same plan', async () => {
  const open = project()
  const { sent, sending } = recording()
  const [first, other] = [await open(cutOff), await open(sending)]
  const plan = await first.plan()
  const { run } = await first.apply(plan)
  await first.abandon(await restIn(first), { left: true })
  await expect(other.apply(structuredClone(plan))).rejects.toMatchObject({
    code: 'PLAN_STALE',
    message: expect.stringMatching(
      `^Run ${run} began with this plan at \\S+Z, after it was made \\(\\S+Z\\), and was given up, with 1 of its changes sent$`,
    ) as string,
    hint: expect.stringMatching(/zds plan --out FILE.*\n.*the clock of the machine that made it is behind/) as string,
  })
  expect(sent).toEqual([])
})

it('SAFE-06: a plan that was given up is refused before what another one has left is given up for it', async () => {
  const engine = await project()(cutOff)
  const plan = await engine.plan()
  await engine.apply(plan)
  await engine.abandon(await restIn(engine), { left: true })
  const other = { ...plan, asOf: '2026-03-17' }
  const { run } = await engine.apply({ ...other, digest: digestOf(other) })
  await expect(engine.rest({ saved: plan })).rejects.toMatchObject({
    code: 'PLAN_STALE',
    message: expect.stringContaining('was given up, with 1 of its changes sent') as string,
  })
  expect((await restIn(engine)).run.id).toBe(run)
})

it('SAFE-06: a plan whose run was given up before it sent anything is carried out', async () => {
  const engine = await project()((changes) => changes.map(done))
  const plan = await engine.plan()
  const { journal } = engine.shared.state
  await journal.begin({ id: 'run-0', plan, forced: false, at: new Date(plan.createdAt), approval: undefined })
  await journal.end('run-0', 'abandoned', new Date(plan.createdAt))
  expect(await engine.apply(plan)).toMatchObject({ status: 'done', syncs: [{ done: 1 }] })
})

it('SAFE-06: of a run that was given up, what was sent and certainly not carried out is known to be so', async () => {
  const engine = await project()(cutOff)
  const { run } = await engine.apply(await engine.plan())
  await engine.abandon(await restIn(engine))
  expect((await engine.report(run)).syncs).toMatchObject([{ failed: 1, unknown: 0, codes: { 'no-answer': 1 } }])
})

it('SAFE-16: to ask for a run that goes on in the same process leaves its locks where they are', async () => {
  const open = project()
  const asked = Promise.withResolvers<unknown>()
  const engine: Engine = await open(async (changes) => {
    asked.resolve(await engine.rest().catch((error: unknown) => error))
    return changes.map(done)
  })
  const report = await engine.apply(await engine.plan())
  expect(await asked.promise).toMatchObject({ code: 'LOCKED' })
  expect(report.error).toBeUndefined()
  expect(report.status).toBe('done')
})

it('SAFE-06: a plan that two processes carry out at once is carried out by one of them', async () => {
  const open = project()
  const { sent, sending } = recording()
  const engines = [await open(sending), await open(sending)]
  const plan = await engines[0]?.plan()
  if (plan === undefined) throw new Error('There is an engine')
  const ends = await Promise.allSettled(
    engines.map((engine) => engine.apply(structuredClone(plan), { waitMs: 60_000 })),
  )
  expect(sent).toEqual(['A'])
  expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(ends.find((end) => end.status === 'rejected')?.reason).toMatchObject({
    code: 'PLAN_STALE',
    message: expect.stringMatching(
      /^Run \S+ began with this plan at \S+Z, after it was made \(\S+Z\), and is \w+$/,
    ) as string,
    hint: expect.stringContaining('the clock of the machine that made it is behind') as string,
  })
})

it('SAFE-11: a plan from a machine whose clock is ahead is known to be carried out, and is not carried out again', async () => {
  const open = project()
  const { sent, sending } = recording()
  const [ahead, right] = [await open(sending, '2026-03-16T10:04:00Z'), await open(sending)]
  const plan = structuredClone(await ahead.plan())
  const { run } = await right.apply(structuredClone(plan))
  expect(await right.carriedOut(plan)).toMatchObject({ id: run })
  await expect(right.apply(plan)).rejects.toMatchObject({ code: 'PLAN_STALE' })
  expect(sent).toEqual(['A'])
})
