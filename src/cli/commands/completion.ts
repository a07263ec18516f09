import { ZdsError } from '../../core/errors.ts'
import { template } from '../create/template.ts'

/**
 * `zds completion`: what a shell loads to complete zds, under the name by which it is called there.
 * The words come from `zds complete`.
 */
export function completionCommand(shell: 'bash' | 'zsh' | 'fish', { name = 'zds' }: { name?: string }): number {
  if (!/^[\w.-]+$/.test(name))
    throw new ZdsError('USAGE', `${JSON.stringify(name)} can be no command`, {
      hint: 'Letters, digits, dots and dashes.',
    })
  process.stdout.write(template(`completion/${shell}`).replace(/(?<=-F _zds |compdef _zds |--command )zds/, name))
  return 0
}
