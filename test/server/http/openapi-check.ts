/**
 * A strict structural check of an OpenAPI 3.1 document: what the specification requires of the objects that we use
 * (https://spec.openapis.org/oas/v3.1.1#schema-0), and nothing that we do not use.
 */
type Node = Record<string, unknown>

const METHODS = ['get', 'post', 'put', 'patch', 'delete']
const SCHEMA_TYPES = ['string', 'number', 'integer', 'boolean', 'null', 'array', 'object']

/** Everything that is wrong with the document, each with its place; empty when nothing is. */
export function openApiFaults(document: unknown): string[] {
  const faults: string[] = []
  const fault = (place: string, what: string) => faults.push(`${place}: ${what}`)
  const operationIds = new Set<string>()

  const object = (
    place: string,
    value: unknown,
    required: readonly string[],
    optional: readonly string[] = [],
  ): Node => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      fault(place, 'is no object')
      return {}
    }
    const node = value as Node
    for (const name of required) if (!(name in node)) fault(place, `lacks ${name}`)
    for (const name of Object.keys(node)) {
      if (!required.includes(name) && !optional.includes(name)) fault(place, `has an unknown member ${name}`)
    }
    return node
  }
  const text = (place: string, value: unknown) => {
    if (typeof value !== 'string' || value === '') fault(place, 'is no text')
  }
  const map = (
    place: string,
    value: unknown,
    each: (place: string, name: string, value: unknown) => void,
  ) => {
    const node = object(place, value, [], Object.keys((value as Node | undefined) ?? {}))
    for (const [name, member] of Object.entries(node)) each(`${place}.${name}`, name, member)
  }

  const root = object('document', document, ['openapi', 'info', 'servers', 'paths', 'components'])
  const components = object('components', root['components'], ['schemas', 'securitySchemes'])
  const schemas = (components['schemas'] ?? {}) as Node
  const securitySchemes = (components['securitySchemes'] ?? {}) as Node

  const schema = (place: string, value: unknown): void => {
    if (typeof value === 'boolean') return
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      fault(place, 'is no schema')
      return
    }
    const node = value as Node
    if ('$ref' in node) {
      const name = /^#\/components\/schemas\/([\w.-]+)$/.exec(String(node['$ref']))?.[1]
      if (name === undefined || !(name in schemas)) fault(place, `refers to nothing: ${String(node['$ref'])}`)
    }
    if ('type' in node && !SCHEMA_TYPES.includes(String(node['type']))) fault(place, 'has an unknown type')
    if ('$defs' in node || '$schema' in node) fault(place, 'brings definitions of its own')
    for (const name of ['properties', 'patternProperties']) {
      if (name in node) map(`${place}.${name}`, node[name], (at, _name, member) => schema(at, member))
    }
    for (const name of ['items', 'additionalProperties', 'propertyNames', 'not']) {
      if (name in node) schema(`${place}.${name}`, node[name])
    }
    for (const name of ['anyOf', 'oneOf', 'allOf', 'prefixItems']) {
      if (!(name in node)) continue
      if (!Array.isArray(node[name]) || node[name].length === 0) fault(`${place}.${name}`, 'is no list')
      else node[name].forEach((member, i) => schema(`${place}.${name}[${i}]`, member))
    }
    if ('required' in node) {
      const properties = (node['properties'] ?? {}) as Node
      for (const name of node['required'] as string[]) {
        if (!(name in properties)) fault(place, `requires ${name}, which it does not describe`)
      }
    }
    if (typeof node['pattern'] === 'string') {
      try {
        RegExp(node['pattern'], 'u')
      } catch {
        fault(place, 'has a pattern that is no regular expression')
      }
    }
  }
  const content = (place: string, value: unknown) =>
    map(place, value, (at, mediaType, member) => {
      if (!/^[\w.+*-]+\/[\w.+*-]+(?:; ?[\w-]+=[\w.-]+)*$/.test(mediaType)) fault(at, 'is no media type')
      const media = object(at, member, [], ['schema'])
      if ('schema' in media) schema(`${at}.schema`, media['schema'])
    })

  if (!/^3\.1\.\d+$/.test(String(root['openapi']))) fault('openapi', 'is no version 3.1')
  const info = object('info', root['info'], ['title', 'version', 'description'])
  for (const name of ['title', 'version', 'description']) text(`info.${name}`, info[name])
  for (const server of root['servers'] as unknown[])
    text('servers', object('servers', server, ['url'])['url'])
  map('components.schemas', schemas, (at, name, member) => {
    if (!/^[\w.-]+$/.test(name)) fault(at, 'has a name that cannot be referred to')
    schema(at, member)
  })
  map('components.securitySchemes', securitySchemes, (at, _name, member) => {
    object(at, member, ['type'], ['scheme', 'in', 'name'])
  })

  map('paths', root['paths'], (place, path, item) => {
    if (!path.startsWith('/') || /[?*#]/.test(path)) fault(place, 'is no path')
    const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name)
    const members = object(place, item, [], METHODS)
    for (const [method, value] of Object.entries(members)) {
      const at = `${method} ${path}`
      const operation = object(
        at,
        value,
        ['operationId', 'summary', 'security', 'parameters', 'responses'],
        ['requestBody', 'tags', 'x-roles'],
      )
      text(`${at} summary`, operation['summary'])
      const id = String(operation['operationId'])
      if (operationIds.has(id)) fault(at, 'has an operationId that is taken')
      operationIds.add(id)
      for (const requirement of operation['security'] as Node[]) {
        for (const name of Object.keys(requirement)) {
          if (!(name in securitySchemes)) fault(at, `needs ${name}, which is not described`)
        }
      }
      const seen = new Set<string>()
      for (const parameter of operation['parameters'] as unknown[]) {
        const p = object(`${at} parameter`, parameter, ['name', 'in', 'required', 'schema'], ['description'])
        const key = `${String(p['in'])} ${String(p['name'])}`
        if (seen.has(key)) fault(at, `describes ${key} twice`)
        seen.add(key)
        if (!['path', 'query', 'header'].includes(String(p['in'])))
          fault(at, `has a parameter in ${String(p['in'])}`)
        if (p['in'] === 'path' && p['required'] !== true) fault(at, `${key} is not required`)
        if (p['in'] === 'path' && !inPath.includes(String(p['name']))) fault(at, `${key} is not in the path`)
        schema(`${at} ${key}`, p['schema'])
      }
      for (const name of inPath) if (!seen.has(`path ${name}`)) fault(at, `does not describe {${name}}`)
      if ('requestBody' in operation) {
        const body = object(`${at} requestBody`, operation['requestBody'], ['content', 'required'])
        content(`${at} requestBody`, body['content'])
        if (method === 'get') fault(at, 'has a body')
      }
      map(`${at} responses`, operation['responses'], (where, status, response) => {
        if (!/^[1-5]\d\d$/.test(status)) fault(where, 'is no status')
        const r = object(where, response, ['description'], ['content'])
        text(`${where} description`, r['description'])
        if ('content' in r) content(where, r['content'])
      })
    }
  })
  return faults
}
