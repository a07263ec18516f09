import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { collect, type State } from 'zds'
import { postgresState } from 'zds/postgres-state'
import { connectionOf } from '../../plugins/postgres-state/address.ts'
import { databaseAt } from '../../plugins/postgres-state/database.ts'
import { migrate, MIGRATIONS } from '../../plugins/postgres-state/schema.ts'
import { onePlan } from '../support/one-plan.ts'
import { newDatabase, sql } from '../support/postgres.ts'
import { settingOf } from 'zds/testing'
import { server } from './scene.ts'

const directory = mkdtempSync(join(tmpdir(), 'zds-migrations-'))
afterAll(() => rmSync(directory, { recursive: true }))

const open = async (address: string): Promise<State> =>
  postgresState({ url: settingOf('ZDS_STATE_URL', address), project: settingOf('ZDS_STATE_PROJECT', 'zds') })(directory)

const forward = async (address: string, migrations: readonly string[]): Promise<void> => {
  const database = databaseAt(connectionOf(settingOf('ZDS_STATE_URL', address)))
  try {
    await migrate(database, migrations)
  } finally {
    await database.close()
  }
}

/** A database as a released version left it, with a run that was stopped. */
const FIXTURES = join(import.meta.dirname, '../fixtures/state')
const released = globSync('postgres-*.sql', { cwd: FIXTURES }).toSorted()
const RUN = '20260316T100000-abc123'

async function left(fixture: string): Promise<string> {
  const address = await newDatabase(server())
  await sql(address, readFileSync(join(FIXTURES, fixture), 'utf8'))
  return address
}

/** Everything that holds what is kept. */
const shapeOf = (address: string) =>
  sql(
    address,
    `SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity
     FROM information_schema.columns WHERE table_schema = 'zds' ORDER BY table_name, column_name`,
  )

test('there is a database of every released version', () => {
  expect(released).toEqual(MIGRATIONS.map((_, n) => `postgres-${n + 1}.sql`))
})

test.each(released)('%s goes forward to this version with all that it holds', async (fixture) => {
  const address = await left(fixture)
  const state = await open(address)
  try {
    expect(await state.journal.runs()).toMatchObject([
      { id: RUN, status: 'interrupted', approval: { by: 'ada', because: 'a merger' }, changes: 1 },
    ])
    expect((await state.journal.plan(RUN))?.syncs).toHaveLength((await onePlan()).syncs.length)
    expect([...(await state.journal.known(RUN, 'global'))]).toEqual([
      ['B', { kind: 'accepted', job: 'j1' }],
      ['A', { kind: 'outcome', outcome: { key: 'A', status: 'done', id: '42', facts: { note: 'ü' } } }],
    ])
    expect(await state.journal.lastDesired('global', 'https://global.example')).toBe(440)
    expect(await collect(state.artifacts(RUN).read('gather:x'))).toEqual([{ a: 1 }, { b: 'ü' }])
    expect(await state.memory('plugin').read('cursor')).toEqual({ at: 7 })
  } finally {
    await state.close()
  }
  const fresh = await newDatabase(server())
  await (await open(fresh)).close()
  expect(await shapeOf(address)).toEqual(await shapeOf(fresh))
})

test('many that open an empty database at once find it made once', async () => {
  const address = await newDatabase(server())
  const states = await Promise.all(Array.from({ length: 6 }, () => open(address)))
  await Promise.all(states.map((state) => state.close()))
  expect(await sql(address, 'SELECT number FROM zds.version')).toEqual([{ number: MIGRATIONS.length }])
})

test('a step forward is taken once, keeps what is there, and there is no way back', async () => {
  const address = await left('postgres-1.sql')
  const next = [...MIGRATIONS, `ALTER TABLE zds.runs ADD COLUMN more text NOT NULL DEFAULT 'x'`]
  await forward(address, next)
  await forward(address, next)
  expect(await sql(address, 'SELECT id, more FROM zds.runs')).toEqual([{ id: RUN, more: 'x' }])
  await expect(open(address)).rejects.toMatchObject({
    code: 'STATE_INVALID',
    message: `The state database is of version ${next.length}, and this zds knows ${MIGRATIONS.length}`,
  })
})

test('a step that fails leaves the version that was there', async () => {
  const address = await left('postgres-1.sql')
  const broken = [...MIGRATIONS, 'CREATE TABLE zds.half (n integer)', 'SELECT 1 / 0']
  await expect(forward(address, broken)).rejects.toMatchObject({ code: 'STATE_INVALID' })
  expect(await sql(address, `SELECT to_regclass('zds.half') AS half, number FROM zds.version`)).toEqual([
    { half: null, number: 1 },
  ])
  await (await open(address)).close()
})
