import assert from 'node:assert/strict'
import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inWorldsOf, type Law, type Setup } from './laws.ts'
import { artifactLaws } from './state-artifacts.ts'
import { at, begin, done, fails, later, law, type StateLaw, type StateWorld } from './state-world.ts'
import { journalLaws } from './state-journal.ts'
import { lockLaws } from './state-locks.ts'

/** As names of runs are: their moment first. */
const nameOf = (moment: Date): string => `${moment.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}-abc`

const otherLaws: readonly StateLaw[] = [
  law('remembers values of a plugin by name, for other processes', async (here, there) => {
    const [mine, theirs] = [here.memory('source'), there.memory('source')]
    assert.equal(await mine.read('cursor'), undefined)
    for (const value of [null, { at: 'ü\u0000', n: [1] }]) {
      await mine.write('cursor', value)
      assert.deepEqual(await theirs.read('cursor'), value)
    }
    assert.equal(await theirs.read('other'), undefined)
    assert.equal(await there.memory('target').read('cursor'), undefined)
  }),

  law('has a directory of this machine for sorting, which nobody else can enter', async ({ scratch }) => {
    assert.ok((await stat(scratch)).isDirectory())
    if (process.platform !== 'win32') assert.equal((await stat(scratch)).mode & 0o077, 0)
  }),

  law(
    'OPS-08: forgets runs that are older, with plans, steps and artifacts; the newest stays whatever its age',
    async (here, there) => {
      const [old, kept, newest] = ['2026-01-01T00:00:00Z', '2026-03-01T00:00:00Z', '2026-01-02T00:00:00Z'].map(
        (one) => new Date(one),
      ) as [Date, Date, Date] // three of three
      for (const moment of [old, kept, newest]) {
        const run = nameOf(moment)
        await begin(here, run, moment)
        await here.journal.record({ run, sync: 'global', steps: [done('A')], at: moment })
      }
      // Plans that were not applied have artifacts, and are in no journal.
      const before = new Date('2026-02-01T00:00:00Z')
      const planned = [new Date('2026-01-03T00:00:00Z'), before]
      for (const moment of [old, kept, newest, ...planned]) await here.artifacts(nameOf(moment)).write('gather:x', [1])
      await here.journal.count([{ sync: 'global', address: '', desired: 7 }], nameOf(old), old)

      assert.equal((await there.kept()).runs, 3)
      assert.deepEqual(await there.prune(before), { runs: 1, artifacts: 2 })
      assert.deepEqual(await there.prune(before), { runs: 0, artifacts: 0 })
      assert.deepEqual(
        (await here.journal.runs()).map(({ id }) => id),
        [nameOf(newest), nameOf(kept)],
      )
      assert.equal(await here.journal.plan(nameOf(old)), undefined)
      assert.equal((await here.journal.known(nameOf(old), 'global')).size, 0)
      assert.equal((await here.journal.known(nameOf(kept), 'global')).size, 1)
      for (const moment of [kept, newest, planned[1] ?? at]) await here.artifacts(nameOf(moment)).summary('gather:x')
      for (const moment of [old, planned[0] ?? at])
        await fails(here.artifacts(nameOf(moment)).summary('gather:x'), 'ARTIFACT_MISSING')
      assert.equal(await here.journal.lastDesired('global', ''), 7)
    },
  ),

  law('of a run that has noted no end, forgets artifacts only once they are older than that', async (here, there) => {
    const [ended, underWay] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-01-02T00:00:00Z')]
    for (const moment of [ended, underWay]) await here.artifacts(nameOf(moment)).write('gather:x', [1])
    const none = { digest: undefined, changes: undefined, code: undefined, message: undefined }
    const noted = { run: nameOf(ended), kind: 'planned', asOf: '2026-01-01', ...none } as const
    await here.journal.note({ ...noted, at: ended.toISOString() })
    const before = new Date('2026-02-01T00:00:00Z')
    assert.deepEqual(await there.prune(before, ended), { runs: 0, artifacts: 1 })
    await here.artifacts(nameOf(underWay)).summary('gather:x')
    await fails(here.artifacts(nameOf(ended)).summary('gather:x'), 'ARTIFACT_MISSING')
    assert.deepEqual(await there.prune(before, before), { runs: 0, artifacts: 1 })
  }),

  law('says how much it keeps, and since when', async (here, there) => {
    const { runs, since, bytes } = await here.kept()
    assert.deepEqual([runs, since], [0, undefined])
    await begin(here, 'run-1', at)
    await begin(here, 'run-2', later)
    await here.artifacts('run-1').write(
      'gather:x',
      Array.from({ length: 1000 }, (_, n) => ({ n, random: Math.random() })),
    )
    const full = await there.kept()
    assert.deepEqual([full.runs, full.since], [2, at.toISOString()])
    assert.ok(full.bytes > bytes + 4_000, `${full.bytes} after ${bytes}`)
  }),

  law('clears away what killed runs left in the directory, once it is old, and nothing else', async (here) => {
    const { scratch } = here
    const left = ['undo-20260101T000000-abc.json', 'gather.x.partial']
    const others = ['resort-1', 'plan.partial.json', 'notes.md']
    for (const name of ['sort-Ab1', 'sort-new']) await mkdir(join(scratch, name))
    for (const name of [...left, ...others, 'sort-Ab1/0.ndjson']) await writeFile(join(scratch, name), '{}')
    for (const name of [...left, ...others, 'sort-Ab1']) await utimes(join(scratch, name), at, at)
    await here.prune(later)
    const names = new Set(await readdir(scratch))
    const staying = ['sort-Ab1', 'sort-new', ...left, ...others].filter((name) => names.has(name))
    assert.deepEqual(staying, ['sort-new', ...others])
  }),
]

/** The laws of a `State`, over states that `setup` makes: two processes share each. */
export const stateLaws = (setup: Setup<StateWorld>): Law[] =>
  inWorldsOf(setup, [...journalLaws, ...lockLaws, ...artifactLaws, ...otherLaws])
