import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { State } from 'zds'
import { postgresState } from 'zds/postgres-state'
import { blocksOf, page } from '../docs/pages.ts'
import { certificateOf } from '../support/certificate.ts'
import { newDatabase, sql, startPostgres } from '../support/postgres.ts'
import { settingOf } from 'zds/testing'
import { server } from './scene.ts'

const directory = mkdtempSync(join(tmpdir(), 'zds-access-'))
afterAll(() => rmSync(directory, { recursive: true }))

const open = async (address: string, project = 'zds'): Promise<State> =>
  postgresState({ url: settingOf('ZDS_STATE_URL', address), project: settingOf('ZDS_STATE_PROJECT', project) })(
    join(directory, '.zds'),
  )

/** Opens a state for some work. */
async function withState<T>(address: string, work: (state: State) => Promise<T>, project?: string): Promise<T> {
  const state = await open(address, project)
  try {
    return await work(state)
  } finally {
    await state.close()
  }
}

const at = new Date('2026-03-16T10:00:00Z')
const places = [{ address: 'https://global.example', instance: 'global' }]

describe('rights', () => {
  test('the roles of docs/state.md suffice, each for what it is for, and for no more', async () => {
    const script = blocksOf(page('docs/state.md')).find(({ language }) => language === 'sql')?.text ?? ''
    const [asAdministrator = '', asOwner = ''] = script.split('\n\n')
    const name = `zds_roles_${process.pid}`
    for (const line of asAdministrator
      .replaceAll(/DATABASE zds\b/g, `DATABASE ${name}`)
      .split('\n')
      .slice(1))
      await sql(`${server()}/postgres`, line)
    const as = (role: string): string => `${server().replace('zds@', `${role}@`)}/${name}`
    await sql(as('zds_owner'), asOwner)

    await expect(open(as('zds_run'))).rejects.toMatchObject({
      code: 'STATE_INVALID',
      message: expect.stringContaining('of version 0') as string,
      hint: expect.stringContaining('as the owner') as string,
    })
    await withState(as('zds_owner'), async (state) => expect(await state.journal.runs()).toEqual([]))
    await withState(as('zds_run'), async (state) => {
      await state.artifacts('20260316T100000-a').write('gather:x', [1])
      await state.memory('plugin').write('cursor', 1)
      const signal = new AbortController().signal
      const clock = { now: () => at, today: '2026-03-16', sleep: async () => undefined }
      const hold = await state.locks.take(places, 'run-1', { waitMs: 0, clock, signal })
      await state.journal.under(hold).count([{ sync: 'global', address: '', desired: 4 }], 'run-1', at)
      await hold.giveBack()
      await state.prune(at)
    })
    await withState(as('zds_read'), async (state) => {
      expect(await state.journal.lastDesired('global', '')).toBe(4)
      expect((await state.kept()).runs).toBe(0)
      await expect(state.memory('plugin').write('cursor', 2)).rejects.toMatchObject({
        code: 'AUTH_FAILED',
        hint: expect.stringContaining('rights') as string,
      })
    })
    await expect(sql(as('zds_run'), 'CREATE TABLE zds.more (n integer)')).rejects.toThrow(/permission denied/)
  })

  test('a database that is not there, and a user that nobody knows, are told apart from one that does not answer', async () => {
    await expect(open(`${server()}/nowhere`)).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      message: expect.stringContaining('"nowhere" does not exist') as string,
    })
    await expect(open(`${server().replace('zds@', 'nobody@')}/postgres`)).rejects.toMatchObject({ code: 'AUTH_FAILED' })
  })
})

describe('OPS-08: TLS', () => {
  test('is used where the address asks for it, and refused where the certificate is not the right one', async () => {
    const right = certificateOf('localhost')
    const [cert, other] = [join(directory, 'right.pem'), join(directory, 'other.pem')]
    writeFileSync(cert, right.cert)
    writeFileSync(other, certificateOf('localhost').cert)
    const cluster = await startPostgres(right)
    try {
      const database = (await cluster.database()).replace('127.0.0.1', 'localhost')
      await withState(`${database}?sslmode=verify-full&sslrootcert=${cert}&application_name=tls`, async (state) => {
        await state.kept()
        const used = await sql(
          database,
          `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'tls'`,
        )
        expect(used).not.toEqual([])
        for (const { ssl } of used) expect(ssl).toBe(true)
      })
      for (const wrong of [
        `${database}?sslmode=require&sslrootcert=${other}`,
        `${database}?sslmode=require`,
        `${database.replace('localhost', '127.0.0.1')}?sslmode=require&sslrootcert=${cert}`,
      ])
        await expect(open(wrong), wrong).rejects.toMatchObject({
          code: 'STATE_UNAVAILABLE',
          hint: expect.stringContaining('sslrootcert') as string,
        })
    } finally {
      await cluster.remove()
    }
    await expect(open(`${await newDatabase(server())}?sslmode=require`)).rejects.toMatchObject({
      code: 'STATE_UNAVAILABLE',
      message: expect.stringContaining('does not support SSL') as string,
    })
  })
})

test('projects in one database see nothing of one another, and leave what is not theirs', async () => {
  const address = await newDatabase(server())
  const old = '20260101T000000-a'
  await withState(address, async (one) => {
    const clock = { now: () => at, today: '2026-03-16', sleep: async () => undefined }
    const waiting = { waitMs: 0, clock, signal: new AbortController().signal }
    const hold = await one.locks.take(places, old, waiting)
    await one.artifacts(old).write('gather:x', ['one'])
    await one.memory('plugin').write('cursor', 'one')
    await one.journal.count([{ sync: 'global', address: '', desired: 1 }], old, at)
    await withState(
      address,
      async (other) => {
        await (await other.locks.take(places, 'run-2', waiting)).giveBack()
        expect(await other.locks.release({ address: places[0]?.address ?? '', fence: hold.fence })).toBe(false)
        await expect(other.artifacts(old).summary('gather:x')).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
        expect(await other.memory('plugin').read('cursor')).toBeUndefined()
        expect(await other.journal.lastDesired('global', '')).toBeUndefined()
        expect(await other.prune(at)).toEqual({ runs: 0, artifacts: 0 })
      },
      'other',
    )
    expect((await one.locks.held(at)).map(({ run }) => run)).toEqual([old])
    expect(await one.artifacts(old).summary('gather:x')).toEqual({ rows: 1, complete: true })
    await hold.giveBack()
  })
})
