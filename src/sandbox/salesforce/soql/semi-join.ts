import type { ObjectSchema } from '../schema.ts'
import { errorAt, soqlError } from './errors.ts'
import type { Path } from './paths.ts'
import { conditionTree, type Condition, type SemiJoin } from './where.ts'

/**
 * Salesforce lets a sub-select stand alone in WHERE or beside the other parts of its AND, twice at
 * most: not beside an OR, not after NOT, and not in parentheses together with something else.
 */
export function checkPlaces(where: Condition, query: string): void {
  const [first, second, third] = joinsIn(where)
  if (first === undefined) return
  const refused = (message: string): Error => errorAt(query, first.field, 'MALFORMED_QUERY', message)
  if (where.kind === 'or' && where.parts.some(isJoin))
    throw refused("Semi join sub-selects are not allowed with the 'OR' operator")
  const top = where.kind === 'and' ? where.parts : [where]
  if (!top.every((part) => isJoin(part) || joinsIn(part).length === 0)) {
    throw refused(
      'Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE expressions.',
    )
  }
  if (second !== undefined && third !== undefined)
    throw soqlError('EXCEEDED_MAX_SEMIJOIN_SUBSELECTS', 'Maximum 2 semi join sub-selects are allowed')
}

/** What a sub-select may hold: one field and conditions. */
export function checkSubSelect({ select }: SemiJoin, query: string): void {
  const refused = (word: string, message: string): Error => errorAt(query, word, 'MALFORMED_QUERY', message)
  const { fields = [], where } = select
  if (where !== undefined && joinsIn(conditionTree(where)).length > 0)
    throw refused(select.sObject ?? '', 'Nesting of semi join sub-selects is not supported')
  for (const [clause, word] of clauses)
    if (select[clause] !== undefined) throw refused(word, `unexpected token: '${word}'`)
  const [field, another] = fields
  if (another !== undefined) throw refused(select.sObject ?? '', "unexpected token: ','")
  if (field?.type === 'Field') return
  const written = field !== undefined && 'rawValue' in field ? (field.rawValue ?? '') : ''
  throw refused(written, onlyIds(written))
}

const clauses = [
  ['orderBy', 'ORDER'],
  ['limit', 'LIMIT'],
  ['offset', 'OFFSET'],
  ['groupBy', 'GROUP'],
] as const

/** What is compared: ids of the same object, of a row itself and not over a relationship. */
export function checkSides(
  join: SemiJoin,
  sides: { readonly object: ObjectSchema; readonly left: Path; readonly selected: Path },
  query: string,
): void {
  const { object, left, selected } = sides
  const refused = (word: string, message: string): Error => errorAt(query, word, 'MALFORMED_QUERY', message)
  if (object.name === selected.object.name)
    throw refused(object.name, 'The inner and outer selects should not be on the same object type')
  const leads = pointsTo(left)
  if (leads === undefined || left.name.includes('.')) {
    throw refused(
      join.field,
      `The left operand field in the where expression for outer query should be an id field, cannot use: '${left.name}'`,
    )
  }
  const inner = pointsTo(selected)
  if (inner === undefined) throw refused(selected.name, onlyIds(selected.name))
  if (leads === inner) return
  throw refused(
    join.field,
    `The selected field '${selected.name}' in the subquery and the left operand field in the where expression in the outer query '${left.name}' should point to the same object type`,
  )
}

const onlyIds = (field: string): string => `semi join sub selects can only query id fields, cannot use: '${field}'`

/** The object whose ids a column holds; undefined for a column of something else. */
function pointsTo({ object, column }: Path): string | undefined {
  return column.type === 'id' ? object.name : column.to
}

const isJoin = (condition: Condition): boolean => condition.kind === 'semi-join'

function joinsIn(condition: Condition): SemiJoin[] {
  switch (condition.kind) {
    case 'semi-join':
      return [condition]
    case 'and':
    case 'or':
      return condition.parts.flatMap(joinsIn)
    case 'not':
      return joinsIn(condition.part)
    case 'compare':
      return []
  }
}
