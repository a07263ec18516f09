import { readFileSync, writeFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startSandbox, generateWorld } from '../../src/sandbox/index.ts'
import { project } from '../support/zds.ts'
const world = generateWorld({ accounts: 40, seed: 1, asOf: '2026-03-16' })
const sandbox = await startSandbox({ world, zendesk: { requestsPerMinute: 100_000 } })
const only = process.argv[2]
async function t(
  name: string,
  args: string[],
  change: (dir: string) => void = () => {},
  env: Record<string, string> = {},
  drop: string[] = [],
) {
  if (only && !name.includes(only)) return
  const e: Record<string, string> = { ...sandbox.env, ...env }
  for (const d of drop) delete e[d]
  const p = project(e)
  change(p.directory)
  const r = await p.zds(...args)
  console.log(`\n##### ${name} -> ${r.code}\n--stdout ${r.stdout.slice(0, 300)}\n--stderr\n${r.stderr.slice(0, 3000)}`)
  p.remove()
}
const edit = (from: string | RegExp, to: string) => (d: string) => {
  const f = join(d, 'sync.config.ts')
  const s = readFileSync(f, 'utf8')
  const n = s.replace(from, to)
  if (n === s) throw new Error('no edit ' + from)
  writeFileSync(f, n)
}
const file = (n: string, text: string) => (d: string) => writeFileSync(join(d, n), text)
await t('missing config', ['plan'], (d) => rmSync(join(d, 'sync.config.ts')))
await t('missing named config', ['plan', '--config', 'nope.ts'])
await t('syntax', ['plan'], edit('export default defineConfig({', 'export default defineConfig({{'))
await t('enum', ['plan'], edit('const http =', 'enum A { B }\nconst http ='))
await t('import', ['plan'], edit("from 'zds/slack-notify'", "from './slack.ts'"))
await t('importname', ['plan'], edit('  checkbox,\n', '  checkbocks,\n'))
await t('nodefault', ['plan'], edit('export default defineConfig', 'export const x = defineConfig'))
await t('empty', ['plan'], file('sync.config.ts', ''))
await t('shape', ['plan'], file('sync.config.ts', 'export default { sources: [], targets: { a: 1 }, hooks: { x: {} }, targts: {} }'))
await t('option', ['plan'], edit('columns: entitlementColumns', 'colums: entitlementColumns'))
await t('option2', ['plan'], edit("url: env('ZENDESK_GLOBAL_URL')", "adress: env('ZENDESK_GLOBAL_URL')"))
await t('env', ['plan'], undefined, {}, [
  'SALESFORCE_CLIENT_ID',
  'SALESFORCE_CLIENT_SECRET',
  'SALESFORCE_LOGIN_URL',
  'ZENDESK_GLOBAL_URL',
  'ZENDESK_GLOBAL_CLIENT_ID',
  'ZENDESK_US_GOV_CLIENT_SECRET',
])
await t('envall', ['plan', '--json'], undefined, {}, Object.keys(sandbox.env))
await t('envbad', ['plan'], undefined, { SALESFORCE_LOGIN_URL: 'not a url', ZENDESK_GLOBAL_URL: 'ftp://x', ZDS_HTTP_BASE_DELAY_MS: 'soon' })
await t('cred sf', ['plan'], undefined, { SALESFORCE_CLIENT_SECRET: 'wrong-secret-value' })
await t('cred zd', ['plan'], undefined, { ZENDESK_GLOBAL_CLIENT_SECRET: 'wrong-secret-value', ZENDESK_US_GOV_CLIENT_ID: 'wrong-client-id' })
await t('cred all', ['plan'], undefined, {
  SALESFORCE_CLIENT_SECRET: 'wrong-secret-value',
  ZENDESK_GLOBAL_CLIENT_SECRET: 'wrong-secret-value',
  ZENDESK_US_GOV_CLIENT_ID: 'wrong-client-id',
})
await t('cred token', ['plan'], undefined, { ZENDESK_GLOBAL_EMAIL: 'a@example.com', ZENDESK_GLOBAL_API_TOKEN: 'wrong-token-value' }, [
  'ZENDESK_GLOBAL_CLIENT_ID',
  'ZENDESK_GLOBAL_CLIENT_SECRET',
])
await t('cred slack', ['apply', '--yes', '--as-of', '2026-03-16'], undefined, { SLACK_BOT_TOKEN: 'xoxb-wrong-token' })
await t('column', ['plan'], edit("text('Account_Owner_Calc__c')", "text('Account_Ownr_Calc__c')"))
await t(
  'fields',
  ['plan'],
  edit('  account_owner: text', "  acount_owner: text('Name'),\n  sub_sm_ultimate: text('Name'),\n  account_owner: text"),
)
await t('plans syntax', ['plan'], (d) => {
  file('data/plans.yaml', 'gold:\n  - [a\n')(d)
})
await t('overrides', ['plan'], file('data/overrides.yaml', '- salesforce_id: 12\n  set: { support_levl: gold }\n  x: 1\n- nothing\n'))
await t('overrides missing', ['plan'], undefined, { SUPPORT_OVERRIDES: 'nope.yaml', SUPPORT_PLANS: 'nada.yaml' })
await t('as-of', ['plan', '--as-of', 'tomorrow'])
await t('as-of2', ['plan', '--as-of', '2026-02-30'])
await t('command', ['plann'])
await t('optiontypo', ['plan', '--jsn'])
await t('nocommand', [])
await t('extra', ['plan', 'foo'])
await t('missing arg', ['plan', '--out'])
await t('envfile', ['plan', '--env-file', 'nope.env'])
await t('out', ['plan', '--out', 'no/such/dir/plan.json', '--as-of', '2026-03-16'])
await t('apply nofile', ['apply', 'nope.json'])
await t('apply dir', ['apply', '.'])
await t('apply nojson', ['apply', 'p.json'], file('p.json', 'hello'))
await t('apply other', ['apply', 'p.json'], file('p.json', '{"a":1}'))
await t('apply v2', ['apply', 'p.json'], file('p.json', '{"version":2}'))
await t('apply v1', ['apply', 'p.json'], file('p.json', '{"version":1}'))
await t('apply', ['apply'])
await t('sandbox bad', ['sandbox', '--accounts', 'x'])
await t('sandbox bad2', ['sandbox', '--acounts', '3'])
await t('sandbox world', ['sandbox', '--world', 'nope'])
await t('help', ['--help'])
await t('help plan', ['plan', '--help'])
await t('help apply', ['apply', '--help'])
await t('help graph', ['graph', '--help'])
await t('help sandbox', ['sandbox', '--help'])
await t('version', ['--version'])
await t('plan', ['plan', '--as-of', '2026-03-16'])
await t('graph', ['graph'])
await sandbox.close()
