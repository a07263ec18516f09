import { template } from '../create/template.ts'

/** `zds completion`: what a shell loads to complete zds. The words come from `zds complete`. */
export function completionCommand(shell: 'bash' | 'zsh' | 'fish'): number {
  process.stdout.write(template(`completion/${shell}`))
  return 0
}
