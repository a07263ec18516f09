import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Plan } from 'zds'
import type { Sandbox } from 'zds/sandbox'
import { writesTo } from '../cli/scratch.ts'
import { sentTwice, stateLines } from '../support/crash-laws.ts'
import { AS_OF, crashWorld, TINY } from '../support/crash-world.ts'
import { APPLY, undisturbed, victim, type Kill, type Undisturbed } from '../support/crash.ts'
import { newDatabase } from '../support/postgres.ts'
import { server } from './scene.ts'

const world = crashWorld(TINY)
const LONG = 300_000
let reference: Undisturbed

beforeAll(async () => {
  reference = await undisturbed(world, await newDatabase(server()))
}, LONG)

/** Each job has a fresh directory; what one leaves for the next lies where a CI system keeps it. */
async function scene() {
  const here = await victim(world, 400, await newDatabase(server()))
  const kept = mkdtempSync(join(tmpdir(), 'zds-stages-'))
  onTestFinished(async () => {
    await here.close()
    rmSync(kept, { recursive: true })
  })
  const plan = async (name: string): Promise<void> => {
    const made = await here.zds(['plan', '--as-of', AS_OF, '--out', join(kept, name)])
    expect(made, made.stderr).toMatchObject({ code: 0 })
  }
  type Applying = { readonly kill?: Kill; readonly agreed?: readonly string[] }
  const apply = (stage: string, file: string, { kill, agreed = ['--force'] }: Applying = {}) => {
    const [run, given] = [join(kept, `of-${file}`), join(kept, file)]
    const args = ['stage', `apply:${stage}`, '--run', run, '--plan', given, '--yes', '--as-of', AS_OF, ...agreed]
    return here.zds(args, kill)
  }
  const digest = (file: string): string => (JSON.parse(readFileSync(join(kept, file), 'utf8')) as Plan).digest // written by --out
  return { here, plan, apply, digest }
}

const creating: Kill = {
  kind: 'seen',
  seen: ({ requests }: Sandbox) =>
    requests.some(
      ({ service, method, path }) => service === 'global' && method === 'POST' && path.endsWith('/organizations'),
    ),
  signal: 'SIGKILL',
}

/** Everything is as after one undisturbed apply, and nothing was sent twice. */
function expectArrived({ sandbox }: Awaited<ReturnType<typeof victim>>): void {
  expect(stateLines(sandbox).toSorted()).toEqual(reference.state.toSorted())
  expect(sentTwice(sandbox.requests)).toEqual([])
}

test(
  'SAFE-06: apply stages side by side, one of which is killed and run again elsewhere, end like one apply',
  { timeout: LONG },
  async () => {
    const { here, plan, apply } = await scene()
    await plan('plan.json')
    const [global, usGov] = await Promise.all([
      apply('global', 'plan.json', { kill: creating }),
      apply('us-gov', 'plan.json'),
    ])
    expect(global).toMatchObject({ code: 'killed' })
    expect(usGov, usGov.stderr).toMatchObject({ code: 0 })
    for (const stage of ['global', 'partners', 'us-gov-users']) {
      const result = await apply(stage, 'plan.json')
      expect(result, `${stage}: ${result.stderr}`).toMatchObject({ code: 0 })
    }
    expectArrived(here)
  },
)

test(
  'SAFE-06: what a killed apply stage had sent is settled by the one of the next plan',
  { timeout: LONG },
  async () => {
    const { here, plan, apply } = await scene()
    await plan('first.json')
    const [global] = await Promise.all([
      apply('global', 'first.json', { kill: creating }),
      apply('us-gov', 'first.json'),
    ])
    expect(global).toMatchObject({ code: 'killed' })
    await plan('second.json')
    for (const stage of ['global', 'us-gov', 'partners', 'us-gov-users']) {
      const result = await apply(stage, 'second.json')
      expect(result, `${stage}: ${result.stderr}`).toMatchObject({ code: 0 })
    }
    expectArrived(here)
  },
)

test('SAFE-06: so it is by a whole apply, however many stages have ended since', { timeout: LONG }, async () => {
  const { here, plan, apply } = await scene()
  await plan('first.json')
  expect(await apply('global', 'first.json', { kill: creating })).toMatchObject({ code: 'killed' })
  expect(await apply('us-gov', 'first.json')).toMatchObject({ code: 0 })
  const rest = await here.zds(APPLY)
  expect(rest, rest.stderr).toMatchObject({ code: 0 })
  expect(rest.stderr).toMatch(/Going on with run/)
  const anew = await here.zds(APPLY)
  expect(anew, anew.stderr).toMatchObject({ code: 0 })
  expectArrived(here)
})

test(
  'SAFE-01: a plan beyond its limits is agreed to by its digest, for each of its stages',
  { timeout: LONG },
  async () => {
    const { here, plan, apply, digest } = await scene()
    await plan('plan.json')
    const refused = await apply('global', 'plan.json', { agreed: [] })
    expect(refused).toMatchObject({ code: 3 })
    expect(refused.stderr).toMatch(/If it is right:\n.*zds stage apply:global --run \S+ --plan \S+ --approve /)
    expect(refused.stderr).toContain(digest('plan.json').slice(0, 12))
    expect(writesTo(here.sandbox)).toEqual([])
    const agreed = ['--approve', digest('plan.json'), '--because', 'a big day']
    for (const stage of ['global', 'us-gov', 'partners', 'us-gov-users']) {
      const result = await apply(stage, 'plan.json', { agreed })
      expect(result, `${stage}: ${result.stderr}`).toMatchObject({ code: 0 })
    }
    expectArrived(here)
    expect((await here.zds(['status'])).stdout.match(/approved by .*: a big day/g)).toHaveLength(4)
  },
)
