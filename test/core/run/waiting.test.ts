import { describe, expect, it } from 'vitest'
import { collect, type ApplyRun, type Change, type Desired, type Known, type Step, type Sync, type SyncPlan } from 'zds'
import { ref } from '../../../src/core/refs.ts'
import { applyRun, resumeRun } from '../../../src/core/run/apply-run.ts'
import { runNamed } from '../../../src/core/run/history.ts'
import { assemble } from '../../../src/core/plan/plan.ts'
import { create, planOf, update } from '../../support/applying.ts'
import { engineOf, type TestEngine } from '../../support/engine.ts'
import { done, held, sourceOf, stream, syncOf, targetOf, type TargetParts } from '../../support/syncs.ts'

const HOW = { forced: false, waitMs: 0 }

const WATCH = {
  scheduled: () => undefined,
  started: () => undefined,
  progress: () => undefined,
  rows: () => undefined,
  ended: () => undefined,
  warn: () => undefined,
}

const referring = (key: string, to: string): Change => ({
  op: 'create',
  key,
  fields: { parent: { from: null, to: ref('first', to) } },
})

/** What two targets were sent, in order; the second sync goes after the first. */
function scene(first: TargetParts['apply'], changes: readonly Change[], onlyTied = true) {
  const sent: string[] = []
  const wrote = Promise.withResolvers<void>()
  const holding: TargetParts = { refetch: (ids) => stream(ids.map((id) => held(id, id.slice(3), { aar: 1 }))) }
  const one = syncOf(
    {},
    {
      target: targetOf({ ...holding, ...(first && { apply: first }) }),
      desired: sourceOf<Desired>('first-accounts'),
    },
  )
  const send = (some: readonly Change[]) => {
    for (const { key, fields } of some) {
      sent.push(fields['parent'] === undefined ? key : `${key} in ${JSON.stringify(fields['parent'].to)}`)
      if (fields['parent'] !== undefined) wrote.resolve()
    }
    return some.map(done)
  }
  const two: Sync = {
    ...syncOf({ after: [one] }, { target: targetOf({ ...holding, name: 'people', send }) }),
    onlyTied,
  }
  const engine = engineOf({ sources: {}, targets: { first: one, second: two } })
  const plans: SyncPlan[] = [
    { ...planOf(create('A'), update('B')), name: 'first' },
    { ...planOf(...changes), name: 'second' },
  ]
  return { engine, sent, wrote: wrote.promise, plan: assemble(plans, engine.fingerprint, engine.clock) }
}

async function* steps(changes: Iterable<Change>, run: ApplyRun) {
  const open = await run.fresh(changes)
  yield { status: 'sending', keys: open.map(({ key }) => key) } satisfies Step
  yield* open.map(done)
}

const isCreate = ({ op }: Change): boolean => op === 'create'
const knownOf = async ({ state }: TestEngine, sync: string): Promise<Map<string, Known['kind']>> =>
  new Map((await state.journal.known('run-1', sync)).entries().map(([key, { kind }]) => [key, kind]))

describe('a sync of which only what is tied waits (SYN-12)', () => {
  it('begins beside the one before; what refers to a record goes when that is there, not when all is done', async () => {
    const here = scene(
      async function* (changes, run) {
        yield* steps(changes.values().filter(isCreate), run)
        // Asked for more than it gives if the sync after it waited for its end.
        await here.wrote
        yield* steps(
          changes.values().filter((change) => !isCreate(change)),
          run,
        )
      },
      [create('V'), referring('U', 'A')],
    )
    const report = await applyRun(here.plan, 'run-1', HOW, here.engine, WATCH)
    expect(report).toMatchObject({ status: 'done', syncs: [{ done: 2 }, { done: 2 }] })
    expect(here.sent).toEqual(['V', 'U in "new-A"'])
    const waits = await here.engine.state.journal.waits('run-1')
    expect(waits).toMatchObject([
      { sync: 'second', because: 'ref', awaited: 'first', count: 1, examples: [['U', 'A']] },
    ])
  })

  it('goes after all of it where it does not say so, and where nothing says what is created', async () => {
    const order: string[] = []
    const here = scene(
      async function* (changes, run) {
        for await (const step of steps(changes, run)) {
          order.push(step.status)
          yield step
        }
        order.push(`sent ${here.sent.length}`)
      },
      [create('V')],
      false,
    )
    await applyRun(here.plan, 'run-1', HOW, here.engine, WATCH)
    expect(order).toEqual(['sending', 'done', 'sent 0', 'sending', 'done', 'sent 0'])
    expect(here.sent).toEqual(['V'])
    const waits = await here.engine.state.journal.waits('run-1')
    expect(waits).toMatchObject([{ sync: 'second', because: 'order', awaited: 'first', count: 1, examples: [] }])
  })

  it('a record that was refused leaves what refers to it unresolved (SAFE-08)', async () => {
    const here = scene(
      async function* (changes, run) {
        const open = await run.fresh(changes)
        yield { status: 'sending', keys: open.map(({ key }) => key) }
        for (const change of open)
          yield isCreate(change) ? { key: change.key, status: 'failed', code: 'x', message: 'no' } : done(change)
      },
      [create('V'), referring('U', 'A')],
    )
    const report = await applyRun(here.plan, 'run-1', HOW, here.engine, WATCH)
    expect(report.status).toBe('done')
    expect(here.sent).toEqual(['V'])
    expect((await here.engine.state.journal.known('run-1', 'second')).get('U')).toMatchObject({
      outcome: { status: 'unresolved' },
    })
  })

  it('where the one before fails, what waits is left, the others are finished, and a resume goes on with it (SAFE-06)', async () => {
    const broken = new Error('no access')
    let breaks = true
    const here = scene(
      async function* (changes, run) {
        if (breaks) throw broken
        yield* steps(changes, run)
      },
      [create('V'), referring('U', 'A')],
    )
    const failed = await applyRun(here.plan, 'run-1', HOW, here.engine, WATCH)
    expect(failed).toMatchObject({ status: 'failed', error: broken })
    expect(here.sent).toEqual(['V'])
    expect(await knownOf(here.engine, 'second')).toEqual(new Map([['V', 'outcome']]))
    expect(await here.engine.state.journal.waits('run-1')).toMatchObject([{ because: 'ref', count: 1 }])
    breaks = false
    const rest = await runNamed(here.engine.state.journal, 'run-1')
    expect(await resumeRun(rest, HOW, here.engine, WATCH)).toMatchObject({ status: 'done' })
    expect(here.sent).toEqual(['V', 'U in "new-A"'])
  })

  it('what requests of a sync waited for is in the journal once for each service, also where the sync fails', async () => {
    const here = scene(
      // oxlint-disable-next-line require-yield -- it fails before it sends anything
      async function* (_changes, run) {
        run.progress('a line like others')
        for (const ms of [1_000, 60_000, 2_000])
          run.progress(`rate limit, waiting ${ms}`, { service: 'global', ms, because: 'limit' })
        run.progress('no answer, trying again', { service: 'elsewhere', ms: 5, because: 'retry', status: 0 })
        throw new Error('no access')
      },
      [],
    )
    await applyRun(here.plan, 'run-1', HOW, here.engine, WATCH)
    const waits = await here.engine.state.journal.waits('run-1')
    const [long, short] = waits.map(({ since, until }) => Date.parse(until) - Date.parse(since))
    expect([long, short]).toEqual([60_000, 5])
    expect(waits).toMatchObject([
      { run: 'run-1', sync: 'first', because: 'service', awaited: 'global', count: 3, examples: [] },
      { run: 'run-1', sync: 'first', because: 'service', awaited: 'elsewhere', count: 1 },
    ])
  })

  it('an interruption ends what waits', async () => {
    const reason = new Error('enough')
    const here = scene(
      async function* (_changes, run) {
        await new Promise((_resolve, reject) => run.signal.addEventListener('abort', () => reject(run.signal.reason)))
        yield* []
      },
      [referring('U', 'A')],
    )
    setTimeout(() => here.engine.abort(reason), 30)
    const report = await applyRun(here.plan, 'run-1', HOW, here.engine, WATCH)
    expect(report).toMatchObject({ status: 'interrupted' })
    expect(here.sent).toEqual([])
    expect(await collect(stream([...(await knownOf(here.engine, 'second')).keys()]))).toEqual([])
  })

  it('an undo goes the other way round, as a whole', async () => {
    const here = scene(
      async function* (changes, run) {
        expect(here.sent).toEqual(['V'])
        yield* steps(changes, run)
      },
      [create('V')],
    )
    const undoing = { ...here.plan, undoes: 'run-0' }
    expect(await applyRun(undoing, 'run-1', HOW, here.engine, WATCH)).toMatchObject({ status: 'done' })
  })
})
