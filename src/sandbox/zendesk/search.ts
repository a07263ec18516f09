import type { User } from '../types.ts'
import type { Instance } from './instance.ts'

/**
 * The users that fit every word of a search: `email:`, `name:`, `role:`, `organization_id:`,
 * `external_id:`, or a part of name or address. Of words with one keyword any will do.
 */
export function searchUsers(instance: Instance, users: readonly User[], query: string): User[] {
  const words = query.match(/(?:\w+:)?(?:"[^"]*"|\S+)/g) ?? []
  const tests = Map.groupBy(words, (word) => /^\w+:/.exec(word)?.[0] ?? word)
    .values()
    .map((some) => some.map((word) => wordTest(instance, word)))
    .toArray()
  return users.filter((user) => tests.every((some) => some.some((test) => test(user))))
}

function wordTest(instance: Instance, word: string): (user: User) => boolean {
  const [, key = '', rest = ''] = /^(?:(\w+):)?([\s\S]*)$/.exec(word) ?? []
  const value = rest.replaceAll('"', '').toLowerCase()
  switch (key) {
    case 'type':
      return () => value === 'user'
    case 'email': {
      const identity = instance.identities.find('email', value)
      return (user) => user.id === identity?.user_id
    }
    case 'role':
      return (user) => user.role === value
    case 'organization_id':
      return (user) => String(user.organization_id) === value
    case 'external_id':
      return (user) => user.external_id?.toLowerCase() === value
    case 'name':
      return (user) => user.name.toLowerCase().includes(value)
    default:
      return (user) => user.name.toLowerCase().includes(value) || (user.email?.toLowerCase().includes(value) ?? false)
  }
}
