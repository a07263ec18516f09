import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { generateWorld, startSandbox, type Fault, type Sandbox, type World } from 'zds/sandbox'
import { edit, file, scratch, writesTo, type Change } from '../cli/scratch.ts'

type Finding = { id: string; level: string; where: string; message: string; hint: string }
type Found = {
  findings: Finding[]
  silenced: (Finding & { because: string })[]
  ticks: { where: string; message: string }[]
}

const asOf = '2026-03-16'
const world = generateWorld({ accounts: 20, seed: 1, asOf })
let open: Sandbox | undefined
afterEach(async () => {
  const [write] = open === undefined ? [] : writesTo(open)
  await open?.close()
  open = undefined
  if (write !== undefined) throw new Error(`Who only looks has written: ${write}`)
})

async function doctor(
  { of = world, faults = [] }: { of?: World; faults?: Fault[] },
  changes: readonly Change[] = [],
  env: { [name: string]: string } = {},
) {
  open = await startSandbox({ world: of, faults, zendesk: { requestsPerMinute: 100_000 } })
  const here = scratch({ ...open.env, ...env }, ...changes)
  const { code, stdout } = await here.zds('doctor', '--json')
  const found = JSON.parse(stdout) as Found // what doctor.ts prints
  for (const { id, hint, level } of found.findings) {
    expect(hint, id).not.toBe('')
    expect(['error', 'warning']).toContain(level)
  }
  return { code, here, ...found }
}

type Fields = World['zendesk'][string]['organization_fields']

/** The world with other organization fields in one of its instances. */
function withFields(of: World, instance: string, change: (fields: Fields) => Fields): World {
  const there = of.zendesk[instance]
  if (there === undefined) throw new Error(`The world has no instance ${instance}`)
  const changed = { ...there, organization_fields: change(there.organization_fields) }
  return { ...of, zendesk: { ...of.zendesk, [instance]: changed } }
}

const withoutField = (of: World, instance: string, ...keys: readonly string[]): World =>
  withFields(of, instance, (fields) => fields.filter(({ key }) => !keys.includes(key ?? '')))

const changedField = (of: World, instance: string, key: string, change: Partial<Fields[number]>): World =>
  withFields(of, instance, (fields) => fields.map((field) => (field.key === key ? { ...field, ...change } : field)))

describe('zds doctor (SAFE-07)', () => {
  test('all is well: a tick for each thing that was looked at, no finding', async () => {
    const { code, findings, ticks, here } = await doctor({})
    expect({ code, findings }).toEqual({ code: 0, findings: [] })
    const where = ticks.map((tick) => tick.where)
    for (const service of ['global', 'us-gov'])
      for (const about of [
        'address',
        'user',
        'clock',
        'requests',
        'scopes for organizations',
        'rights for organizations',
      ])
        expect(where).toContain(`${service}: ${about}`)
    for (const about of ['address', 'user', 'clock', 'requests', 'scopes'])
      expect(where).toContain(`salesforce: ${about}`)
    expect(where).toEqual(
      expect.arrayContaining([
        'global: organization fields',
        'global: organization dropdowns',
        'us-gov: user fields',
        'slack',
        'state',
      ]),
    )
    const { stdout } = await here.zds('doctor')
    expect(stdout).toMatch(/^✔ global: organization fields: 38 of 38/m)
    expect(stdout).toMatch(/^0 errors, 0 warnings; \d+ well$/m)
  })

  test('all faults of one run at once, whichever service has them, each with its id and a hint', async () => {
    const broken = changedField(
      changedField(withoutField(world, 'global', 'support_hold'), 'global', 'aar', { type: 'text' }),
      'us_gov',
      'support_level',
      { custom_field_options: [{ id: 1, name: 'Ultimate', raw_name: 'Ultimate', value: 'ultimate' }] },
    )
    const customersOnly = ['customer', 'former_customer'].map((value, id) => ({
      id,
      name: value,
      raw_name: value,
      value,
    }))
    const all = changedField(broken, 'global', 'account_type', { custom_field_options: customersOnly })
    const { code, findings } = await doctor({ of: all }, [
      edit(`text('Technical_Account_Manager_Name__c')`, `text('Technical_Manager__c')`),
      file('data/overrides.yaml', '- salesforce_id: "1"\n  set: { nothing: 1 }\n  reason: ""\n'),
    ])
    expect(code).toBe(1)
    const errors = findings.filter(({ level }) => level === 'error').map(({ id }) => id)
    expect(errors).toEqual(
      expect.arrayContaining([
        'field-unknown:global-organization-field-support_hold',
        'field-mismatch:global-organization-field-aar',
        'field-mismatch:global-organization-field-account_type-option-open_partner',
        'field-mismatch:us-gov-organization-field-support_level-option-premium',
        'field-unknown:salesforce-Account-Technical_Manager__c',
        'file-invalid:data-overrides-yaml',
      ]),
    )
    expect(findings.some(({ where }) => where.includes('option ultimate'))).toBe(false)
  })

  test('an option that a derivation makes, and that the dropdown lacks', async () => {
    const { findings } = await doctor({}, [
      edit(`dropdown(fact('region'))`, `dropdown([], always('org_region_latam'))`),
    ])
    const id = 'field-mismatch:global-organization-field-org_region-option-org_region_latam'
    expect(findings).toMatchObject([{ id, level: 'error' }])
  })

  test('one service that nobody reaches and one that refuses us keep no other from being looked at', async () => {
    const { code, findings, ticks } = await doctor({ of: withoutField(world, 'global', 'support_hold') }, [], {
      ZENDESK_US_GOV_CLIENT_SECRET: 'wrong',
      SALESFORCE_LOGIN_URL: 'http://127.0.0.1:9',
      ZDS_HTTP_ATTEMPTS: '1',
    })
    expect(code).toBe(1)
    expect(findings.map(({ id }) => id.split(':')[0]).toSorted((a = '', b = '') => a.localeCompare(b))).toEqual([
      'auth-failed',
      'field-unknown',
      'http-unavailable',
    ])
    expect(ticks.map(({ where }) => where)).toContain('global: address')
  })

  test('who may not write, and a user that is suspended, are told beside what else is wrong', async () => {
    const user = { id: 5, name: 'Somebody', role: 'end-user' }
    const faults: Fault[] = [
      { service: 'zendesk', path: '/users/me', kind: 'status', status: 200, responseBody: { user }, times: 0 },
    ]
    const { findings } = await doctor({ of: withoutField(world, 'global', 'support_hold'), faults })
    const ids = findings.map(({ id }) => id)
    expect(ids).toContain('auth-failed:global-users-me')
    expect(ids).toContain('field-unknown:global-organization-field-support_hold')
  })

  test('an API token is a warning with its day', async () => {
    const { code, findings } = await doctor({}, [], {
      ZENDESK_GLOBAL_CLIENT_ID: '',
      ZENDESK_GLOBAL_EMAIL: 'integration@global.example',
      ZENDESK_GLOBAL_API_TOKEN: 'sandbox-global-token',
    })
    expect(code).toBe(0)
    expect(findings).toMatchObject([
      { id: 'token-ends:global', level: 'warning', message: expect.stringContaining('30 April 2027') as string },
    ])
  })

  test.each([
    [600, 'error', 1],
    [120, 'warning', 0],
  ])('a clock that differs by %d s from that of a service is a finding: %s', async (off, level, ends) => {
    const headers = { date: new Date(Date.now() - off * 1000).toUTCString() }
    const faults: Fault[] = [{ service: 'global', path: '/users/me', kind: 'headers', headers, times: 0 }]
    const { code, findings } = await doctor({ faults })
    expect(code).toBe(ends)
    expect(findings).toMatchObject([{ id: 'clock-differs:global-clock', level }])
    const [, seconds = ''] = /^this machine is (\d+) s ahead$/.exec(findings[0]?.message ?? '') ?? []
    expect(Math.abs(Number(seconds) - off)).toBeLessThan(10)
  })

  test('rights: an agent of one organization cannot list them, a suspended one cannot write, another one may not', async () => {
    const agent = (more: object) => ({ user: { id: 5, name: 'Somebody', role: 'agent', ...more } })
    const told = (service: string, body: ReturnType<typeof agent>): Fault => ({
      service,
      path: '/users/me',
      kind: 'status',
      status: 200,
      responseBody: body,
      times: 0,
    })
    const { code, findings } = await doctor({
      faults: [
        told('global', agent({})),
        told('us_gov', agent({ suspended: true })),
        { service: 'us_gov', pattern: '/organizations\\?', kind: 'status', status: 403, times: 0 },
      ],
    })
    expect(code).toBe(1)
    expect(findings.map(({ id, level }) => [id, level])).toEqual(
      expect.arrayContaining([
        ['auth-failed:us-gov-rights-for-organizations', 'error'],
        ['auth-failed:us-gov-rights-for-users', 'error'],
        ['rights-unknown:global-rights-for-organizations', 'warning'],
      ]),
    )
    expect(findings.some(({ message }) => message.includes('403'))).toBe(true)
  })

  test('silenced: known findings do not count, and are told with why', async () => {
    const { code, findings, silenced } = await doctor({ of: withoutField(world, 'global', 'support_hold') }, [
      edit(
        'export default defineConfig({',
        `export default defineConfig({ silenced: { 'field-unknown:global-organization-field-support_hold': 'comes on Monday' },`,
      ),
    ])
    expect({ code, findings }).toEqual({ code: 0, findings: [] })
    expect(silenced).toMatchObject([{ because: 'comes on Monday', where: 'global: organization field support_hold' }])
  })
})

describe('zds fields', () => {
  test('what is missing, as a table, for a shell and for Terraform', async () => {
    const broken = changedField(
      withoutField(world, 'global', 'support_hold', 'org_region'),
      'us_gov',
      'support_level',
      {
        custom_field_options: [{ id: 1, name: 'Ultimate', raw_name: 'Ultimate', value: 'ultimate' }],
      },
    )
    open = await startSandbox({ world: broken, zendesk: { requestsPerMinute: 100_000 } })
    const here = scratch(open.env)
    const table = (await here.zds('fields')).stdout
    expect(table).toMatch(/^global +organizations +support_hold +checkbox +the field$/m)
    expect(table).toMatch(/^us-gov +organizations +support_level +dropdown +options: gold, premium, /m)
    const shell = (await here.zds('fields', '--format', 'curl')).stdout
    expect(shell).toContain(
      `-d '{"organization_field":{"key":"support_hold","type":"checkbox","title":"Support hold"}}'`,
    )
    expect(shell).toContain(`"custom_field_options":[{"id":1,"name":"Ultimate","value":"ultimate"},{"name":"Gold"`)
    const terraform = (await here.zds('fields', '--format', 'terraform')).stdout
    expect(terraform).toContain('resource "restapi_object" "global_organization_org_region" {')
    expect(terraform).toContain('value = "org_region_amer"')
    const { missing } = JSON.parse((await here.zds('fields', '--json')).stdout) as { missing: { field: string }[] } // what fields.ts prints
    expect(missing.map(({ field }) => field)).toEqual(['support_hold', 'org_region', 'support_level'])
  })

  test('without the file that says which options there are, nobody says that none is missing', async () => {
    open = await startSandbox({ world, zendesk: { requestsPerMinute: 100_000 } })
    const { code, stdout, stderr } = await scratch({ ...open.env, SUPPORT_PLANS: 'data/plan.yaml' }).zds('fields')
    expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/✖ data\/plan\.yaml: cannot be read/)
  })
})

describe('zds validate', () => {
  const validate = async (...changes: readonly Change[]) => {
    const here = scratch({}, ...changes)
    const { code, stdout } = await here.zds('validate', '--json', '--as-of', asOf)
    return { code, here, ...(JSON.parse(stdout) as Found) } // what validate.ts prints
  }

  test('no variable is set: right files are right', async () => {
    const { code, findings } = await validate()
    expect({ code, findings }).toEqual({ code: 0, findings: [] })
  })

  test('all that is wrong with plans and overrides at once, each with its line', async () => {
    const { code, findings } = await validate(
      edit('  sub_edu:', '  sub_eduu:', 'data/plans.yaml'),
      file('data/overrides.yaml', '- salesforce_id: "001000000000001AAA"\n  set: { nothing: 1 }\n  reason: x\n'),
    )
    expect(code).toBe(1)
    expect(findings.every(({ level, hint }) => level === 'error' && hint !== '')).toBe(true)
    const where = findings.map((finding) => finding.where).join('\n')
    expect(where).toMatch(/data\/plans\.yaml:\d+/)
    expect(where).toMatch(/data\/overrides\.yaml:\d+/)
  })

  test('a field that reads what plans.yaml does not have is an error before any run', async () => {
    const { code, findings } = await validate(
      edit(`'sub_oss', 'sub_community_other'`, `'sub_os', 'sub_community_other'`),
    )
    expect(code).toBe(1)
    expect(findings).toMatchObject([{ where: 'global.sub_os', hint: 'Did you mean "sub_oss"?', level: 'error' }])
  })

  test('OVR-04: overrides that have ended, or set what is computed later, are warnings', async () => {
    const { code, findings, ticks } = await validate(
      file(
        'data/overrides.yaml',
        [
          '- { salesforce_id: "001000000000001AAA", set: { support_hold: true }, reason: x, expires_on: "2026-03-15" }',
          '- { salesforce_id: "001000000000002AAA", set: { support_level: gold }, reason: x }',
        ].join('\n'),
      ),
    )
    expect(ticks.map(({ message }) => message)).toContain('1 of 2 overrides in effect')
    expect(code).toBe(0)
    expect(findings.map(({ id, level }) => [id.split(':')[0], level])).toEqual([
      ['override-expired', 'warning'],
      ['override-without-effect', 'warning'],
    ])
  })

  test('a sync that is made and listed nowhere is a warning, with its line and an id', async () => {
    const { code, findings } = await validate(edit(`    'us-gov-users': usGovUsers,\n`, ''))
    expect(code).toBe(0)
    expect(findings).toMatchObject([{ id: 'unlisted:sync-config-ts-usGovUsers', level: 'warning' }])
    expect(findings[0]?.where).toMatch(/^sync\.config\.ts:\d+: usGovUsers$/)
  })

  test('SAFE-12: a level that a limit does not know is a warning: a fall from it would pass', async () => {
    const { code, findings } = await validate(edit('\n  ultimate:', '\n  platinum: []\n  ultimate:', 'data/plans.yaml'))
    expect(code).toBe(0)
    expect(findings.map(({ id }) => id)).toEqual([
      'order-lacks:global-limits-fields-support_level-order',
      'order-lacks:us-gov-limits-fields-support_level-order',
    ])
    expect(findings[0]?.message).toMatch(/^does not have platinum, so that a fall/)
  })

  test('a field that stands twice in its table is a warning: only the later one counts', async () => {
    const { code, findings } = await validate(
      edit('  partner_customer:', '  "aar": decimal(fact(\'seats\')),\n  partner_customer:'),
    )
    expect(code).toBe(0)
    expect(findings).toMatchObject([{ id: 'repeated:sync-config-ts-aar', level: 'warning' }])
    expect(findings[0]?.message).toMatch(/^is in line \d+ of the same object already, and only this one counts$/)
  })

  test('a configuration that cannot be loaded is a finding like any other', async () => {
    const { code, findings } = await validate((directory) =>
      writeFileSync(join(directory, 'sync.config.ts'), 'export default {}\n'),
    )
    expect(code).toBe(1)
    expect(findings.map(({ where }) => where)).toEqual(['sources', 'targets'])
  })
})
