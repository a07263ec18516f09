import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../../docs/pages.ts'

/** What GitLab's own schema, as gitlab-ci-local has it, says of a pipeline; nothing where all is well. */
export async function gitlabSays(pipeline: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'zds-gitlab-'))
  writeFileSync(join(directory, '.gitlab-ci.yml'), pipeline)
  const git = (...args: string[]): void => void execFileSync('git', args, { cwd: directory, stdio: 'pipe' })
  git('init', '--quiet', '--initial-branch=main')
  git('remote', 'add', 'origin', 'git@gitlab.example:zds/test.git')
  git('add', '--all')
  git('-c', 'user.name=Test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '--message', 'A pipeline')
  const program = join(ROOT, 'node_modules/gitlab-ci-local/dist/index.js')
  try {
    return await new Promise((resolve) => {
      execFile(process.execPath, [program, '--list-json'], { cwd: directory }, (error, stdout, stderr) => {
        const validated = stderr.includes('json schema validated') || stdout.includes('json schema validated')
        resolve(error === null && validated ? '' : stdout + stderr)
      })
    })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** What GitHub's own parser, with its schema, says of a workflow. */
export async function githubSays(content: string): Promise<string[]> {
  // The package imports its schema without saying that it is JSON.
  const hooks = registerHooks({
    load: (url, context, next) =>
      next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
  })
  const { parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter } = await import('@actions/workflow-parser')
  hooks.deregister()
  const { context, value } = parseWorkflow({ name: 'zds.yml', content }, new NoOperationTraceWriter())
  const found = context.errors.getErrors().map(({ message }) => message)
  if (value === undefined || found.length > 0) return found
  const { errors = [] } = await convertWorkflowTemplate(context, value)
  return errors.map(({ Message }) => Message)
}
