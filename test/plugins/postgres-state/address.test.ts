import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { redact } from 'zds'
import { postgresState } from 'zds/postgres-state'
import { connectionOf } from '../../../plugins/postgres-state/address.ts'
import { settingOf } from 'zds/testing'

const directory = mkdtempSync(join(tmpdir(), 'zds-address-'))
afterAll(() => rmSync(directory, { recursive: true }))
const authority = join(directory, 'ca.pem')
writeFileSync(authority, 'an authority')

const connection = (address: string) => connectionOf(settingOf('ZDS_STATE_URL', address))

describe('the address of a state database', () => {
  it('is read whole, and its password is a secret from then on', () => {
    expect(connection('postgres://ada:p%40ss%2Fword@127.0.0.1:6543/zds?application_name=nightly')).toEqual({
      host: '127.0.0.1',
      port: 6543,
      user: 'ada',
      password: 'p@ss/word',
      database: 'zds',
      application_name: 'nightly',
      ssl: false,
    })
    expect(redact('with p@ss/word and p%40ss%2Fword')).toBe('with *** and ***')
    expect(connection('postgresql://localhost')).toEqual({
      host: 'localhost',
      port: 5432,
      application_name: 'zds',
      ssl: false,
    })
  })

  it('OPS-08: means TLS with a checked certificate on every other machine, and where it asks for it here', () => {
    const checked = { rejectUnauthorized: true }
    expect(connection('postgres://db.example/zds').ssl).toEqual(checked)
    expect(connection('postgres://db.example/zds?sslmode=require').ssl).toEqual(checked)
    expect(connection('postgres://[2001:db8::1]/zds').ssl).toEqual({ ...checked, host: '2001:db8::1' })
    expect(connection('postgres://localhost/zds?sslmode=verify-full').ssl).toEqual(checked)
    expect(connection(`postgres://db.example/zds?sslrootcert=${authority}`).ssl).toEqual({
      ...checked,
      ca: 'an authority',
    })
    for (const here of ['localhost', '127.0.0.1', '[::1]', ''])
      expect(connection(`postgres://${here}/zds`).ssl).toBe(false)
    expect(connection('postgres:///zds?host=/run/postgresql').ssl).toBe(false)
  })

  it.each([
    ['db.example/zds', 'is no address'],
    ['mysql://db.example/zds', 'is no address'],
    ['postgres://ada:50%-of-s3cret-word@db.example/zds', 'has a % in user, password or database'],
    ['postgres://ada:s3cret-word@db.example/zds?sslmode=disable', 'has sslmode=disable'],
    ['postgres://ada:s3cret-word@db.example/zds?sslmode=no-verify', 'has sslmode=no-verify'],
    ['postgres://ada:s3cret-word@localhost/zds?sslmode=prefer', 'has sslmode=prefer'],
    ['postgres://ada:s3cret-word@db.example/zds?sslmod=require', 'has a parameter sslmod'],
    ['postgres://ada:s3cret-word@db.example/zds?sslrootcert=/nowhere/ca.pem', 'names a file that cannot be read'],
  ])('%s is refused by the name of its variable', (address, why) => {
    const refused = (): unknown => connection(address)
    expect(refused).toThrow(
      expect.objectContaining({
        code: 'ENV_INVALID',
        message: expect.stringContaining(`ZDS_STATE_URL ${why}`) as string,
      }),
    )
    expect(refused).not.toThrow(/s3cret-word/)
  })

  it('is an option like others: a slip is told when the configuration is loaded', () => {
    const slip = { url: settingOf('ZDS_STATE_URL', ''), projekt: 'x' } as unknown as Parameters<typeof postgresState>[0] // a slip, as JavaScript allows it
    expect(() => postgresState(slip)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })
})
