import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { serve, type ServerType } from '@hono/node-server'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkout } from '../../scripts/build.ts'
import { blocksOf, page } from '../docs/pages.ts'
import { consumer, installed, type Consumer } from './consumer.ts'

type Person = { readonly [field: string]: unknown }

let here: Consumer
let server: ServerType
let env: { readonly [name: string]: string }
const people: Person[] = [{ id: 1, email: 'gone@example.com', name: 'Gone', kind: 'contractor', active: true }]

beforeAll(async () => {
  here = await consumer()
  await addPlugins()
  const url = await new Promise<string>((resolve) => {
    server = serve({ fetch: directory().fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}`),
    )
  })
  env = { STAFF_FILE: 'staff.ndjson', DIRECTORY_URL: url, DIRECTORY_TOKEN: 'a-token-of-the-test' }
})
afterAll(() => {
  server.close()
  here.remove()
})

/**
 * The plugins and the configuration of docs/write-a-plugin.md as files; its source as a package
 * that npm installs.
 */
async function addPlugins(): Promise<void> {
  for (const { text } of blocksOf(page('docs/write-a-plugin.md'))) {
    const name = /^\/\/ ([\w./-]+\.ts)\n/.exec(text)?.[1]
    if (name === undefined) continue
    if (name === 'plugins/ndjson-source/index.ts') await addPackage('zds-ndjson-source', stripTypeScriptTypes(text))
    else {
      mkdirSync(dirname(join(here.directory, name)), { recursive: true })
      here.write(name, text.replace('./plugins/ndjson-source/index.ts', 'zds-ndjson-source'))
    }
  }
  here.write(
    'staff.ndjson',
    '{"mail":"ada@example.com","full_name":"Ada"}\n{"mail":"bo@example.com","full_name":"Bo"}\n',
  )
}

async function addPackage(name: string, code: string): Promise<void> {
  const folder = join(here.directory, 'packages', name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'index.js'), code)
  const manifest = { name, version: '1.0.0', type: 'module', exports: './index.js', peerDependencies: { zds: '*' } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  // As from a registry: a folder would be linked, and see another zds.
  const shell = process.platform === 'win32'
  const packed = execFileSync('npm', ['pack', '--silent', folder], { cwd: here.directory, encoding: 'utf8', shell })
  await installed(here, `./${packed.trim()}`)
}

function directory(): Hono {
  const app = new Hono()
  app.get('/people', (c) => c.json({ total: people.length, people }))
  app.post('/people', async (c) => {
    people.push({ id: people.length + 1, ...(await c.req.json<Person>()) })
    return c.json(people.at(-1))
  })
  app.put('/people/:id', async (c) => {
    const at = Number(c.req.param('id')) - 1
    people[at] = { ...people[at], ...(await c.req.json<Person>()) }
    return c.json(people[at])
  })
  return app
}

describe('an installation for plugins of one’s own', () => {
  it('is small, and runs nothing when it is installed', () => {
    const manifests = globSync('node_modules/**/package.json', { cwd: here.directory })
      .filter((path) => /node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+[\\/]package\.json$/.test(path))
      .map((path) => JSON.parse(readFileSync(join(here.directory, path), 'utf8')) as { name: string; scripts?: object }) // npm's own form
    expect(manifests.length).toBeLessThanOrEqual(50)
    const scripted = manifests.filter(({ scripts = {} }) =>
      ['preinstall', 'install', 'postinstall'].some((one) => one in scripts),
    )
    expect(scripted.map(({ name }) => name)).toEqual([])
    const files = globSync('node_modules/**/*', { cwd: here.directory }).map((path) =>
      statSync(join(here.directory, path)),
    )
    const bytes = files.filter((file) => file.isFile()).reduce((sum, { size }) => sum + size, 0)
    expect(bytes / 1e6).toBeLessThan(15)
  })

  it('zds --version says which zds it is, where, and on which Node', async () => {
    const { code, stdout, stderr } = await here.zds(['--version'])
    const where = join(here.directory, 'node_modules', 'zds')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe(`zds ${checkout().version} (${where}) on Node ${process.versions.node} (${process.execPath})\n`)
  })

  it('zds --help shows the commands', async () => {
    const { code, stdout } = await here.zds(['--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Usage: zds[^]*\n {2}plan [^]*\n {2}apply /)
  })

  it('zds graph knows the stages of plugins written in TypeScript beside the configuration, and of one from npm', async () => {
    const { code, stdout, stderr } = await here.zds(['graph'], env)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('gather:staff\n')
    expect(stdout).toMatch(/apply:contractors {2}<- compare:contractors/)
  })

  it('zds plan, zds apply, and the next plan is empty', async () => {
    const plan = await here.zds(['plan', '--detailed-exitcode', '--out', 'plan.json'], env)
    expect(plan, plan.stderr).toMatchObject({ code: 2 })
    const applied = await here.zds(['apply', 'plan.json'], env)
    expect(applied, applied.stderr).toMatchObject({ code: 0 })
    expect(people.map(({ email, active }) => [email, active])).toEqual([
      ['gone@example.com', false],
      ['ada@example.com', true],
      ['bo@example.com', true],
    ])
    const again = await here.zds(['plan', '--detailed-exitcode'], env)
    expect(again, again.stdout).toMatchObject({ code: 0 })
  })

  it('keeps compiled code where only this user can write', async () => {
    const compiled = join(here.directory, '.cache', 'zds', 'compiled')
    expect(globSync('*/*', { cwd: compiled }).length).toBeGreaterThan(10)
    // Modes mean nothing on Windows, where the place itself is the user's.
    const expected = process.platform === 'win32' ? statSync(compiled).mode & 0o777 : 0o700
    expect(statSync(compiled).mode & 0o777).toBe(expected)
  })
})

describe('a part whose packages are not installed says what to install', () => {
  it('zds sandbox', async () => {
    const { code, stderr } = await here.zds(['sandbox'])
    expect(code).toBe(1)
    expect(stderr).toBe(
      'Error [PACKAGE_MISSING] zds/sandbox needs hono: npm install @hono/node-server@2 @jetstreamapp/soql-parser-js@6 hono@4\n',
    )
  })

  it('a plugin of the configuration, when it is loaded', async () => {
    here.write('needy.config.ts', `import { overrides } from 'zds/entitlements'\nexport default overrides\n`)
    const { code, stderr } = await here.zds(['graph', '--config', 'needy.config.ts'])
    expect(code).toBe(1)
    expect(stderr).toBe('Error [PACKAGE_MISSING] needy.config.ts: zds/entitlements needs yaml: npm install yaml@2\n')
  })

  it('but what a configuration imports itself is its own affair', async () => {
    here.write('own.config.ts', `import 'yaml'\n`)
    const { code, stderr } = await here.zds(['graph', '--config', 'own.config.ts'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^Error \[CONFIG_BROKEN\] .*own\.config\.ts cannot be loaded: Cannot find package 'yaml'/)
  })
})
