import { afterEach, describe, expect, it } from 'vitest'
import { checkbox, date, decimal, integer, reference, text, type FieldTable } from 'zds'
import type { Sandbox } from 'zds/sandbox'
import { zendesk } from 'zds/zendesk-target'
import { testRun } from './run.ts'
import { connect, FIELDS, setting, start } from './world.ts'

let open: Sandbox | undefined
afterEach(async () => {
  await open?.close()
  open = undefined
})
const checked = async (fields: FieldTable, faults: NonNullable<Parameters<typeof start>[0]>['faults'] = []) => {
  const { sandbox, target } = await start({ fields, faults })
  open = sandbox
  return target.check?.(testRun().run)
}

describe('the preflight check (SAFE-07)', () => {
  it('finds nothing wrong where all is right, on whatever page the field is', async () => {
    expect(await checked(FIELDS)).toEqual([])
  })

  it('a type that no field of Zendesk holds is told as such, and no field is offered for it', async () => {
    const fields = { ...FIELDS, parent: reference() }
    expect(await checked(fields)).toMatchObject([
      {
        where: 'global: organization field parent',
        code: 'FIELD_MISMATCH',
        message: 'is declared as reference, which no field of Zendesk holds',
      },
    ])
    const { target, sandbox } = await start({ fields })
    expect(await target.missing?.(testRun().run, {})).toEqual([])
    await sandbox.close()
  })

  it('reports every field that does not exist, is not active or has another type, together', async () => {
    const issues = await checked({
      ...FIELDS,
      suport_level: text(),
      nothing_like_it: text(),
      retired_field: text(),
      seats: decimal(),
      aar: text(),
      mark_for_deletion: integer(),
      name: checkbox(),
      external_id: date(),
    })
    expect(issues?.map(({ where, code, message, hint }) => [where, code, message, hint])).toEqual([
      [
        'global: organization field name',
        'FIELD_MISMATCH',
        'is declared as checkbox, but the name of every organization is text',
        undefined,
      ],
      [
        'global: organization field external_id',
        'FIELD_MISMATCH',
        'is declared as date, but the external_id of every organization is text',
        undefined,
      ],
      [
        'global: organization field mark_for_deletion',
        'FIELD_MISMATCH',
        'is declared as integer, but is checkbox in Zendesk',
        'The type of a Zendesk field cannot be changed: declare it as checkbox.',
      ],
      [
        'global: organization field aar',
        'FIELD_MISMATCH',
        'is declared as text, but is decimal in Zendesk',
        'The type of a Zendesk field cannot be changed: declare it as decimal.',
      ],
      [
        'global: organization field seats',
        'FIELD_MISMATCH',
        'is declared as decimal, but is integer in Zendesk',
        'The type of a Zendesk field cannot be changed: declare it as integer.',
      ],
      ['global: organization field suport_level', 'FIELD_UNKNOWN', 'does not exist', 'Did you mean "support_level"?'],
      [
        'global: organization field nothing_like_it',
        'FIELD_UNKNOWN',
        'does not exist',
        'Create it in Zendesk, or remove it from the field table.',
      ],
      [
        'global: organization field retired_field',
        'FIELD_MISMATCH',
        'is deactivated',
        'Activate it in Zendesk, or remove it from the field table.',
      ],
    ])
  })

  it('an anonymous answer of users/me is no sign of good credentials', async () => {
    const { sandbox } = await start({})
    open = sandbox
    const wrong = { email: setting('EMAIL', 'nobody@example.org'), token: setting('TOKEN', 'not-the-token') }
    const target = connect(sandbox, { apiToken: wrong }).organizations({ fields: FIELDS })
    expect(await target.check?.(testRun().run)).toEqual([
      {
        code: 'AUTH_FAILED',
        where: 'global: users/me',
        message: 'Zendesk does not know who we are',
        hint: 'Check EMAIL and TOKEN.',
      },
    ])
  })

  it('who we are is asked once where several targets of an instance ask together, and each time anew', async () => {
    const { sandbox } = await start({ fields: FIELDS })
    open = sandbox
    const instance = connect(sandbox)
    const { run } = testRun()
    const targets = [instance.organizations({ fields: FIELDS }), instance.users({ fields: { name: text() } })]
    const asked = (): number => sandbox.requests.filter(({ path }) => path.endsWith('/users/me')).length
    for (const times of [1, 2]) {
      expect(await Promise.all(targets.map(async (target) => target.check?.(run)))).toEqual([[], []])
      expect(asked()).toBe(times)
    }
  })

  it('an end user may not write organizations', async () => {
    const user = { id: 5, name: 'Somebody', role: 'end-user' }
    const issues = await checked(FIELDS, [
      { service: 'zendesk', path: '/users/me', kind: 'status', status: 200, responseBody: { user } },
    ])
    expect(issues).toMatchObject([
      { code: 'AUTH_FAILED', where: 'global: users/me', message: expect.stringContaining('end-user') as string },
    ])
  })
})

describe('options', () => {
  const url = setting('URL', 'http://127.0.0.1:9')

  it('that cannot be used are refused together, each with its path', () => {
    // What JavaScript, which knows no types, could hand over.
    const options = {
      name: '',
      url,
      oAuth: {},
      concurrency: 0,
      http: { timeoutMs: 1, attempts: 0, baseDelayMs: 0 },
    } as unknown as Parameters<typeof zendesk>[0]
    expect(() => zendesk(options)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        issues: expect.arrayContaining([
          expect.objectContaining({
            where: 'zendesk()',
            message: 'has no option "oAuth"',
            hint: 'Did you mean "oauth"?',
          }),
          expect.objectContaining({ where: 'zendesk().name' }),
          expect.objectContaining({ where: 'zendesk().concurrency' }),
          expect.objectContaining({ where: 'zendesk().http.attempts' }),
        ]) as unknown,
      }) as Error,
    )
  })

  it('a target without fields is refused', () => {
    expect(() => zendesk({ name: 'global', url }).organizations({ fields: {} })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: 'zendesk(global).organizations was given options it cannot use',
      }) as Error,
    )
  })

  it('a configuration can be loaded without any setting being set', () => {
    const unset = setting('URL', undefined)
    const target = zendesk({ name: 'eu', url: unset, oauth: { clientId: unset, clientSecret: unset } }).organizations({
      fields: FIELDS,
      mayBeEmpty: true,
    })
    expect(target).toMatchObject({
      name: 'eu-organizations',
      instance: 'eu',
      resource: 'organizations',
      mayBeEmpty: true,
      types: { aar: { name: 'decimal' }, name: { name: 'name' } },
    })
  })
})
