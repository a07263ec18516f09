import type { Missing } from '../../core/sights.ts'
import { plain } from './text.ts'
import { widthOf } from './width.ts'

export type MissingFormat = 'table' | 'curl' | 'terraform'

/** What the instances lack, for people, for a shell, or for Terraform. */
export function missingLines(missing: readonly Missing[], format: MissingFormat): string[] {
  if (missing.length === 0) return [format === 'table' ? 'Nothing is missing.' : '# Nothing is missing.']
  switch (format) {
    case 'table':
      return tableOf([HEAD, ...missing.map(rowOf)])
    case 'curl':
      return missing.flatMap((one) => [`# ${one.instance}: ${one.what} of ${one.resource} ${one.field}`, one.curl])
    case 'terraform':
      return missing.flatMap(({ terraform }, index) => [...(index > 0 ? [''] : []), ...terraform.split('\n')])
  }
}

const HEAD = ['instance', 'resource', 'field', 'type', 'missing']

const rowOf = ({ instance, resource, field, type, options, what }: Missing): string[] =>
  [instance, resource, field, type, what === 'field' ? 'the field' : `options: ${options.join(', ')}`].map(plain)

function tableOf(rows: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))))
  const padded = (cell: string, column: number): string => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell))
  return rows.map((row) => row.map(padded).join('  ').trimEnd())
}
