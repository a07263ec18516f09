import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { collect, openEngine, ZdsError, type Config, type Desired, type Engine, type Json, type Summary } from 'zds'
import { fakeClock } from 'zds/testing'
import { fromRun, gatheredBy } from '../../../src/core/run/from-run.ts'
import { stages } from '../../../src/core/config/stages.ts'
import { artifactsIn } from '../../../src/core/state/artifacts.ts'
import { localState } from '../../../src/core/state/local.ts'
import { engineOf } from '../../support/engine.ts'
import { held, sourceOf, stream, syncOf, targetOf, wanted } from '../../support/syncs.ts'

/** A configuration of one processor, and what of it was asked for rows. */
function configOf(asked: string[], name = 'Acme', more: Config['sources'] = {}): Config {
  const reads = (what: string, rows: readonly Json[]) => () => {
    asked.push(what)
    return stream(rows)
  }
  const check = async () => (asked.push('check'), [])
  const rows = sourceOf('rows', reads('rows', [{ Id: 'A' }]), { check })
  const accounts = sourceOf<Desired>('accounts', [], {
    needs: [rows],
    read: async function* (run) {
      for await (const _ of run.input(rows)) yield wanted('A', { name: `${name} of ${run.clock.today}` })
    },
  })
  const target = {
    ...targetOf(),
    read: reads('target', [held('1', 'A', { name: 'Old' })]) as () => AsyncIterable<never>,
  }
  return {
    sources: { rows, ...more },
    processors: { accounts },
    targets: { global: syncOf({}, { desired: accounts, target }) },
    hooks: { chat: { kind: 'observer', planned: async () => void asked.push('told') } },
  }
}

/** Engines of one project. */
function project(): { readonly directory: string; readonly open: (config: Config, start?: string) => Promise<Engine> } {
  const directory = mkdtempSync(join(tmpdir(), 'zds-from-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const open = async (config: Config, start?: string): Promise<Engine> => {
    const engine = await openEngine({ config, state: localState(directory), clock: fakeClock(start) })
    onTestFinished(() => engine.close())
    return engine
  }
  return { directory, open }
}

const scratchIn = (directory: string): string[] => readdirSync(directory).filter((name) => name.startsWith('from-'))

const names = ({ syncs }: Awaited<ReturnType<Engine['plan']>>): unknown =>
  syncs.flatMap(({ changes }) => [...changes].map(({ fields }) => fields['name']?.to))

describe('a plan from what another run has gathered', () => {
  it('asks nobody, computes anew, is as of the day of then and as old as that', async () => {
    const { open } = project()
    const asked: string[] = []
    const first = await open(configOf(asked))
    const { createdAt, digest } = await first.plan()
    const [run = ''] = await first.shared.state.runs()
    expect(asked.splice(0).toSorted()).toEqual(['check', 'rows', 'target', 'told'])
    const later = await open(configOf(asked, 'Bolt'), '2026-03-18T12:00:00Z')
    const plans = [await later.plan({ from: 'last' }), await later.plan({ from: run })]
    for (const plan of plans) {
      expect(names(plan)).toEqual(['Bolt of 2026-03-16'])
      expect(plan).toMatchObject({ asOf: '2026-03-16', createdAt })
    }
    expect(names(await later.plan({ from: run, asOf: '2026-04-01' }))).toEqual(['Bolt of 2026-04-01'])
    await expect(later.plan({ from: run, asOf: 'tomorrow' })).rejects.toMatchObject({ code: 'USAGE' })
    expect((await first.plan({ from: 'last' })).digest).toBe(digest)
    expect(asked).toEqual([])
    expect(await later.shared.state.runs()).toEqual([run])
    expect(scratchIn(later.shared.state.scratch)).toEqual([])
  })

  it('is made from a directory of stages as well', async () => {
    const { open, directory } = project()
    const asked: string[] = []
    const engine = await open(configOf(asked))
    const at = join(directory, 'stages')
    for (const { id, kind } of stages(engine.shared.config)) if (kind !== 'apply') await engine.stage(id, { run: at })
    asked.splice(0)
    expect(names(await engine.plan({ from: at }))).toEqual(['Acme of 2026-03-16'])
    expect(asked).toEqual([])
  })

  it('is none where nothing is left, or the configuration needs more than that', async () => {
    const { open } = project()
    const engine = await open(configOf([]))
    const hint = expect.stringMatching(/^It was forgotten \(zds prune\), or there never was one: /) as string
    for (const [from, message] of [
      ['last', 'No run has left what it gathered'],
      ['run-9', 'Nothing is left of a run run-9'],
    ] as const)
      await expect(engine.plan({ from })).rejects.toMatchObject({ code: 'ARTIFACT_MISSING', message, hint })
    // A run that came to no plan is not the last.
    await engine.shared.state.artifacts('2026-killed').write('gather:rows', [])
    await expect(engine.plan({ from: 'last' })).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
    await engine.plan()
    const more = await open(configOf([], 'Acme', { more: sourceOf('more') }))
    const run = (await more.shared.state.runs()).find((name) => name !== '2026-killed')
    await expect(more.plan({ from: 'last' })).rejects.toMatchObject({
      code: 'ARTIFACT_MISSING',
      message: `gather:more was not gathered by run ${run}`,
      hint: 'The configuration needs it today: zds plan gathers it.',
      cause: expect.objectContaining({ code: 'ARTIFACT_MISSING' }) as Error,
    })
  })
})

describe('work on what was gathered', () => {
  const gathered = async (...summaries: readonly Partial<Summary>[]) => {
    const engine = engineOf({ sources: { a: sourceOf('a'), b: sourceOf('b') }, targets: {} })
    const artifacts = artifactsIn(join(engine.directory, 'gathered'))
    for (const [at, summary] of summaries.entries())
      await artifacts.write(`gather:${'ab'.charAt(at)}`, [at], (rows) => ({ rows, complete: true, ...summary }))
    return { engine, from: { name: 'run run-0', artifacts } }
  }
  const [early, late] = ['2026-03-01T08:00:00.000Z', '2026-03-01T09:00:00.000Z']

  it('stands where its clock stood when the first of it was gathered, unless what is lacking is gathered now', async () => {
    const { engine, from } = await gathered({ at: late, asOf: '2026-03-01' }, { at: early, asOf: '2026-03-01' })
    const clockOf = (anew?: boolean) =>
      fromRun(from, { ...engine, ...(anew !== undefined && { anew }) }, async ({ clock, from: name }) => {
        return [clock.today, clock.now().toISOString(), name]
      })
    expect(await clockOf()).toEqual(['2026-03-01', early, 'run run-0'])
    expect(await clockOf(false)).toEqual(['2026-03-01', early, 'run run-0'])
    expect(await clockOf(true)).toEqual(['2026-03-01', engine.clock.now().toISOString(), 'run run-0'])
  })

  it('is of one day, and of what says when it was', async () => {
    const two = await gathered({ at: early, asOf: '2026-03-01' }, { at: early, asOf: '2026-02-28' })
    const nothing = async (): Promise<void> => undefined
    await expect(fromRun(two.from, two.engine, nothing)).rejects.toMatchObject({
      code: 'ARTIFACT_MISFIT',
      message: 'run run-0 was gathered as of several days: 2026-03-01, 2026-02-28',
      hint: 'Gather all of it as of one day: --as-of.',
    })
    for (const summaries of [[], [{}], [{ at: early }], [{ asOf: '2026-03-01' }]]) {
      const { from, engine } = await gathered(...summaries)
      await expect(fromRun(from, engine, nothing)).rejects.toMatchObject({
        code: 'ARTIFACT_MISSING',
        message: 'Nothing that run run-0 has gathered says when it was',
        hint: 'It was made by an earlier zds, or gathers nothing: gather anew with zds plan.',
      })
    }
  })

  it('reads what it has written itself, else what was gathered, and leaves nothing, also where it fails', async () => {
    const { engine, from } = await gathered({ at: early, asOf: '2026-03-01' })
    const seen = await fromRun(from, engine, async ({ state }) => {
      const artifacts = state.artifacts('whatever')
      const before = await collect(artifacts.read('gather:a'))
      await artifacts.write('gather:a', ['anew', 'more'])
      return [before, await collect(artifacts.read('gather:a')), (await artifacts.summary('gather:a')).rows]
    })
    expect(seen).toEqual([[0], ['anew', 'more'], 2])
    expect(await collect(from.artifacts.read('gather:a'))).toEqual([0])
    const failed = fromRun(from, engine, async ({ state }) => {
      await state.artifacts('whatever').write('gather:a', ['anew'])
      throw new Error('no luck')
    })
    await expect(failed).rejects.toThrow('no luck')
    expect(scratchIn(engine.state.scratch)).toEqual([])
  })

  it('tells what else is wrong with an artifact as it is', async () => {
    const { engine, from } = await gathered({ at: early, asOf: '2026-03-01' })
    const broken = {
      ...from,
      artifacts: {
        ...from.artifacts,
        summary: (name: string) =>
          name === 'x' ? Promise.reject(new ZdsError('STATE_INVALID', 'disk')) : from.artifacts.summary(name),
      },
    }
    const work = fromRun(broken, engine, ({ state }) => state.artifacts('').summary('x'))
    await expect(work).rejects.toMatchObject({ code: 'STATE_INVALID' })
  })

  it('is by a run, or in a directory, but `last` is no directory', async () => {
    const { engine } = await gathered()
    expect(await gatheredBy(engine.directory, engine)).toMatchObject({ name: engine.directory })
    await engine.artifacts.write('gather:a', [1])
    expect(await gatheredBy('run-1', engine)).toMatchObject({ name: 'run run-1' })
    await expect(gatheredBy('last', engine)).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
  })
})
