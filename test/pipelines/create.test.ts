import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { withSandbox } from 'zds/testing'
import { generateWorld } from 'zds/sandbox'
import { expectRefusal } from '../cli/scratch.ts'
import { installedDirectory } from '../support/image.ts'
import type { Result } from '../support/zds.ts'

const AS_OF = '2026-03-16'

/** An empty directory with zds installed, and its command line. */
function beginner(): {
  readonly directory: string
  readonly zds: (env: NodeJS.ProcessEnv, ...args: string[]) => Promise<Result>
} {
  const { directory, remove } = installedDirectory()
  onTestFinished(remove)
  return {
    directory,
    zds: (env, ...args) => run([join(directory, 'node_modules/zds/bin/zds.js'), ...args], directory, env),
  }
}

function run(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Result> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { cwd, env: { PATH: process.env['PATH'], NO_COLOR: '1', ...env } },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
}

test.each(['global,us-gov', 'us-gov'])(
  'zds create config --instances %s: planned and applied on the sandbox, and the next plan is empty',
  async (instances) => {
    const { directory, zds } = beginner()
    const created = await zds({}, 'create', 'config', '--instances', instances)
    expect(created, created.stderr).toMatchObject({ code: 0 })
    expect(readdirSync(directory).toSorted()).toEqual(
      [
        '.env.example',
        '.gitignore',
        '.gitlab-ci.yml',
        'data',
        'node_modules',
        'package.json',
        'sync.config.ts',
        'tsconfig.json',
      ].toSorted(),
    )
    await withSandbox({ world: generateWorld({ accounts: 300, asOf: AS_OF }) }, async ({ env, zendesk }) => {
      const plan = await zds(env, 'plan', '--as-of', AS_OF, '--detailed-exitcode')
      expect(plan, plan.stderr).toMatchObject({ code: 2 })
      const applied = await zds(env, 'apply', '--as-of', AS_OF, '--force', '--yes')
      expect(applied, applied.stderr).toMatchObject({ code: 0 })
      const again = await zds(env, 'plan', '--as-of', AS_OF, '--detailed-exitcode')
      expect(again, again.stdout).toMatchObject({ code: 0 })
      const organizations = Object.values(zendesk).flatMap((instance) => instance.organizations)
      expect(organizations.length).toBeGreaterThan(60)
    })
  },
)

test('zds create config without a terminal asks nothing, and what it writes knows every variable', async () => {
  const { directory, zds } = beginner()
  expect((await zds({}, 'create', 'config', '--ci', 'github')).code).toBe(0)
  const example = readFileSync(join(directory, '.env.example'), 'utf8')
  const workflow = readFileSync(join(directory, '.github/workflows/zds.yml'), 'utf8')
  for (const name of ['SALESFORCE_LOGIN_URL', 'ZENDESK_US_GOV_CLIENT_SECRET', 'ZDS_STATE_URL']) {
    expect(example).toMatch(new RegExp(`^${name}=$`, 'm'))
    expect(workflow).toContain(`${name}: \${{ ${/SECRET|STATE_URL/.test(name) ? 'secrets' : 'vars'}.${name} }}`)
  }
})

test('zds create replaces nothing: it names all that is in the way at once, and writes nothing', async () => {
  const { directory, zds } = beginner()
  const mine = { '.gitignore': 'mine\n', 'tsconfig.json': '{}\n', 'package.json': '{ "name": "mine" }\n' }
  for (const [file, text] of Object.entries(mine)) writeFileSync(join(directory, file), text)
  const refused = await zds({}, 'create', 'config')
  expectRefusal(refused, 'USAGE')
  for (const file of ['.gitignore', 'tsconfig.json']) expect(refused.stderr).toContain(`${file}: is there already`)
  expect(readdirSync(directory).toSorted()).toEqual(['.gitignore', 'node_modules', 'package.json', 'tsconfig.json'])

  const kept = await zds({}, 'create', 'config', '--keep')
  expect(kept, kept.stderr).toMatchObject({ code: 0 })
  for (const [file, text] of Object.entries(mine)) {
    expect(readFileSync(join(directory, file), 'utf8')).toBe(text)
    expect(kept.stdout).toContain(`Left ${file} as it is\n`)
  }
  expect(kept.stdout).toContain('Wrote sync.config.ts\n')
  expect(kept.stderr).toContain('npm pkg set type=module')
  expect(kept.stderr).toMatch(/npm install .*jsforce@3/)
})

test('zds create plugin is refused without a name or a kind, and where the plugin is there', async () => {
  const { zds } = beginner()
  expectRefusal(await zds({}, 'create', 'plugin', 'people'), 'USAGE')
  expect((await zds({}, 'create', 'plugin', 'people', '--kind', 'source')).code).toBe(0)
  const again = await zds({}, 'create', 'plugin', 'people', '--kind', 'source')
  expectRefusal(again, 'USAGE')
  expect(again.stderr).toContain('plugins/people/index.ts')
})
