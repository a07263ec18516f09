import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { openEngine, type Config, type Desired, type Engine, type Existing, type Fields, type Plan } from 'zds'
import { planBlocks, planInBlocks } from '../../../src/core/plan/parts.ts'
import { digestOf } from '../../../src/core/plan/plan.ts'
import { fakeClock } from 'zds/testing'
import { done, held, sourceOf, stream, syncOf, targetOf, wanted } from '../../support/syncs.ts'

afterEach(() => {
  delete process.env['ZDS_PLAN_KEY']
})

/** An engine of one sync; `sent` are the names of records that were written. */
async function scene(): Promise<{ engine: Engine; sent: Fields[]; alter: (change: (plan: Plan) => Plan) => void }> {
  const sent: Fields[] = []
  const records: Existing[] = [held('1', 'A', { name: 'Old' })]
  const target = targetOf({
    records,
    refetch: (ids) => stream(records.filter(({ id }) => ids.includes(id))),
    send: (changes) =>
      changes.map((change) => {
        sent.push(Object.fromEntries(Object.entries(change.fields).map(([field, { to }]) => [field, to])))
        return done(change)
      }),
  })
  const desired = sourceOf<Desired>('accounts', [wanted('A', { name: 'New' })])
  const config: Config = { sources: {}, targets: { global: syncOf({}, { desired, target }) } }
  const directory = mkdtempSync(join(tmpdir(), 'zds-proved-'))
  const engine = await openEngine({ config, directory, clock: fakeClock() })
  onTestFinished(async () => {
    await engine.close()
    rmSync(directory, { recursive: true })
  })
  const alter = (change: (plan: Plan) => Plan): void => {
    const database = new DatabaseSync(join(directory, 'state.db'))
    const { block } = database.prepare('SELECT block FROM plans').get() ?? {}
    const plan = planInBlocks([block as Uint8Array]) // what a run has left
    if (plan === undefined) throw new Error('The run has left no plan')
    database.prepare('UPDATE plans SET block = ?').run(...planBlocks(change(plan)))
    database.close()
  }
  return { engine, sent, alter }
}

/** A run that was written down and then killed. */
async function killed({ engine }: { engine: Engine }): Promise<Plan> {
  const plan = await engine.plan()
  const { journal } = engine.shared.state
  await journal.begin({ id: 'run-1', plan, forced: false, at: engine.shared.clock.now() })
  return plan
}

const renamed = (plan: Plan): Plan => {
  const [sync] = plan.syncs
  const [change] = sync?.changes ?? []
  if (sync === undefined || change === undefined) throw new Error('The plan has a change')
  const fields = { name: { from: 'Old', to: 'Forged' } }
  return { ...plan, syncs: [{ ...sync, changes: [{ ...change, fields }] }] }
}
const signedAnew = (plan: Plan): Plan => ({ ...plan, digest: digestOf(plan) })

async function resumed({ engine }: { engine: Engine }): Promise<unknown> {
  const rest = await engine.rest()
  if (rest === undefined) throw new Error('There is a rest')
  return engine.resume(rest)
}

describe('SAFE-06: a run that is gone on with', () => {
  it('has the plan that it began with', async () => {
    const here = await scene()
    await killed(here)
    expect(await resumed(here)).toMatchObject({ status: 'done', syncs: [{ done: 1 }] })
    expect(here.sent).toEqual([{ name: 'New' }])
  })

  it('is refused where that plan has changed: its digest is checked again', async () => {
    const here = await scene()
    await killed(here)
    here.alter(renamed)
    await expect(resumed(here)).rejects.toMatchObject({
      code: 'PLAN_INVALID',
      message: expect.stringContaining('The plan of run run-1 was changed') as string,
    })
    await expect(here.engine.undo('run-1')).rejects.toMatchObject({
      code: 'PLAN_INVALID',
      message: expect.stringContaining('The plan of run run-1 was changed') as string,
    })
    expect(here.sent).toEqual([])
  })

  it('is refused with a key where nobody who has it made the plan, under whatever digest', async () => {
    process.env['ZDS_PLAN_KEY'] = '07'.repeat(32)
    const here = await scene()
    await killed(here)
    here.alter((plan) => signedAnew(renamed(plan)))
    await expect(resumed(here)).rejects.toMatchObject({ code: 'PLAN_NOT_AUTHENTIC' })
    await expect(here.engine.undo('run-1')).rejects.toMatchObject({ code: 'PLAN_NOT_AUTHENTIC' })
    expect(here.sent).toEqual([])
  })

  it('goes on with a key where it was begun with it', async () => {
    process.env['ZDS_PLAN_KEY'] = '07'.repeat(32)
    const here = await scene()
    await killed(here)
    expect(await resumed(here)).toMatchObject({ status: 'done' })
  })
})

describe('a plan that a script hands over', () => {
  it('is held to all of that too', async () => {
    const here = await scene()
    const plan = JSON.parse(JSON.stringify(await here.engine.plan())) as Plan // Plans are JSON
    await expect(here.engine.apply(renamed(plan))).rejects.toMatchObject({ code: 'PLAN_INVALID' })
    const moved = { ...plan, syncs: plan.syncs.map((sync) => ({ ...sync, instance: 'us-gov' })) }
    await expect(here.engine.apply(signedAnew(moved))).rejects.toMatchObject({ code: 'PLAN_INVALID' })
    process.env['ZDS_PLAN_KEY'] = '07'.repeat(32)
    await expect(here.engine.apply(plan)).rejects.toMatchObject({ code: 'PLAN_NOT_AUTHENTIC' })
    delete process.env['ZDS_PLAN_KEY']
    expect(here.sent).toEqual([])
    expect(await here.engine.apply(plan)).toMatchObject({ status: 'done' })
  })
})
