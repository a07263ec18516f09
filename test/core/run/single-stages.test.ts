import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { env, several } from 'zds'
import { artifactsIn } from '../../../src/core/state/artifacts.ts'
import { cutOff, twoSyncs, type Scene } from '../../support/two-syncs.ts'

const directory = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'zds-single-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return join(made, 'run')
}

const READ = ['gather:accounts', 'gather:others', 'gather:one', 'gather:two']
const COMPARED = ['compare:first', 'compare:second']

async function carriedOut({ engine }: Scene, run: string, ids: readonly string[], asOf?: string): Promise<void> {
  for (const id of ids) await engine.stage(id, { run, asOf })
}

describe('a single stage', () => {
  it.each([
    ['gather:acounts', 'Did you mean gather:accounts? zds graph lists them.'],
    ['plans', 'Did you mean plan? zds graph lists them.'],
    ['whatever-else', 'zds graph lists them.'],
  ])('that is called %s is none', async (id, hint) => {
    const { engine } = await twoSyncs()
    const message = `There is no stage ${id}`
    await expect(engine.stage(id, { run: directory() })).rejects.toMatchObject({ code: 'USAGE', message, hint })
  })

  it('that applies needs a plan, and says how it is made', async () => {
    const { engine } = await twoSyncs()
    await expect(engine.stage('apply:first', { run: 'here' })).rejects.toMatchObject({
      code: 'USAGE',
      message: 'apply:first needs the plan that it carries out',
      hint: 'zds stage plan --run here --out FILE makes one; then: zds stage apply:first --run here --plan FILE',
    })
  })

  it('SAFE-07: checks what it needs itself, and nothing else', async () => {
    const here = await twoSyncs()
    const run = directory()
    await carriedOut(here, run, ['gather:accounts', 'gather:one'])
    expect(here.checked).toEqual(['one'])
    await carriedOut(here, run, ['gather:others', 'gather:two', ...COMPARED])
    expect(here.checked).toEqual(['one', 'two'])
    here.acts.issues = [{ code: 'AUTH_FAILED', where: 'two', message: 'no' }]
    await carriedOut(here, run, ['gather:accounts', 'compare:first'])
    await expect(here.engine.stage('gather:two', { run })).rejects.toMatchObject({ code: 'AUTH_FAILED' })
  })

  it('SAFE-09: has the settings that guard its records checked where it compares, and only there', async () => {
    const here = await twoSyncs()
    const run = directory()
    const setting = several(env('ZDS_TEST_GUARDED'), () => ({ problem: 'is none', hint: 'None.' }))
    Object.assign(here.engine.shared.config.targets['first']?.rules ?? {}, { guards: [{ setting }] })
    process.env['ZDS_TEST_GUARDED'] = 'x'
    await carriedOut(here, run, [...READ, 'compare:second'])
    await expect(here.engine.stage('compare:first', { run })).rejects.toMatchObject({ code: 'ENV_INVALID' })
  })

  it('PROC-04: is as of the day that is asked for, else that of what it needs, else today', async () => {
    const here = await twoSyncs()
    const run = directory()
    const day = async (id: string) => (await artifactsIn(run).summary(id)).asOf
    await carriedOut(here, run, ['gather:accounts'])
    expect(await day('gather:accounts')).toBe('2026-03-16')
    await carriedOut(here, run, READ, '2026-03-10')
    await carriedOut(here, run, COMPARED)
    expect(await Promise.all([...READ, ...COMPARED].map(day))).toEqual(Array(6).fill('2026-03-10'))
    const end = await here.engine.stage('plan', { run })
    expect(end).toMatchObject({ kind: 'whole-plan', plan: { asOf: '2026-03-10' } })
    await expect(here.engine.stage('compare:first', { run, asOf: '2026-03-11' })).rejects.toMatchObject({
      code: 'ARTIFACT_MISFIT',
    })
  })

  it('SAFE-11: a plan is as old as the first of what it is made of, and what is compared as old as now', async () => {
    const here = await twoSyncs()
    const { clock, signal } = here.engine.shared
    const run = directory()
    const moments: string[] = []
    for (const id of [...READ, ...COMPARED]) {
      moments.push(clock.now().toISOString())
      await carriedOut(here, run, [id])
      await clock.sleep(60_000, signal)
    }
    const at = async (id: string) => (await artifactsIn(run).summary(id)).at
    expect(await Promise.all(READ.map(at))).toEqual(moments.slice(0, 4))
    expect(await at('compare:second')).toBe(moments[1])
    const end = await here.engine.stage('plan', { run })
    expect(end).toMatchObject({ plan: { createdAt: moments[0] } })
    const late = artifactsIn(run)
    for (const id of COMPARED) {
      const { at: _, ...summary } = await late.summary(id)
      await late.write(id, await Array.fromAsync(late.read(id)), () => summary)
    }
    expect(await here.engine.stage('plan', { run })).toMatchObject({ plan: { createdAt: clock.now().toISOString() } })
  })

  it('SAFE-06: an apply that fails leaves nothing for the sync after it; a plan that is forced says so', async () => {
    const here = await twoSyncs()
    const run = directory()
    await carriedOut(here, run, [...READ, ...COMPARED])
    const end = await here.engine.stage('plan', { run })
    const plan = end.kind === 'whole-plan' ? end.plan : undefined
    here.acts.send = cutOff
    here.checked.splice(0)
    const failed = await here.engine.stage('apply:first', { run, plan })
    expect(failed).toMatchObject({ report: { status: 'failed', forced: false } })
    expect(here.checked).toEqual(['one'])
    await expect(artifactsIn(run).summary('apply:first')).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
    here.acts.send = undefined
    expect(await here.engine.stage('apply:first', { run, plan })).toMatchObject({ report: { status: 'done' } })
    const [again, forced] = [
      await here.engine.stage('apply:first', { run, plan }),
      await here.engine.stage('apply:second', { run, plan, force: true }),
    ]
    expect(again).toMatchObject({ report: { status: 'done', syncs: [{ name: 'first', done: 2 }] } })
    expect(forced).toMatchObject({ report: { status: 'done', forced: true } })
    expect(await artifactsIn(run).summary('apply:first')).toMatchObject({
      rows: 2,
      complete: true,
      asOf: '2026-03-16',
      inputs: { plan: plan?.digest },
    })
    const other = { ...plan, digest: 'another' } as typeof plan // that no stage has carried out
    await expect(here.engine.stage('apply:second', { run, plan: other })).rejects.toMatchObject({
      code: 'PLAN_INVALID',
    })
    expect(here.sent).toEqual(['A', 'B', 'C'])
  })
})
