/**
 * How rows of a certificate type stand in a sheet: which columns, under which headings, and which further sheets hold the items
 * of nested fields. Templates are written by it and uploads are read by it.
 */
import type { ArrayField, Field, ItemField, TypeDefinition } from '../catalogue/type-definition.ts'

/** Keys that are no fields; a field's key begins with a letter. */
export const ROW_NUMBER = '#'
export const HOLDERS = '#holders'
/** The one column of a further sheet whose items are texts. */
export const ITEM = '#item'
/** Beside rows that were handed out for correction; not read. */
export const LINE = '#line'
export const ERRORS = '#errors'

export const GUIDE_SHEET = '填写说明'
export const OPTIONS_SHEET = '选项'
export const MAIN_SHEET = '数据'

export interface Column {
  key: string
  zh: string
  /** null: a column of ours. */
  field: Field | ItemField | null
  required: boolean
}

/** The items of a nested field on a sheet of their own, joined to the rows by 序号. */
export interface NestedSheet {
  name: string
  field: ArrayField
  columns: Column[]
}

export interface SheetLayout {
  /** What the first sheet of a template has. */
  columns: Column[]
  nested: NestedSheet[]
  /** The one sheet of a CSV file: nested fields are columns with JSON text, and there is no 序号. */
  flat: Column[]
  /** A field whose last day may be 长期, so that a date cell is welcome in a text column. */
  dateOrLongTerm: string | null
}

const rowNumber: Column = { key: ROW_NUMBER, zh: '序号', field: null, required: false }
const besideBadRows: Column[] = [
  { key: LINE, zh: '行', field: null, required: false },
  { key: ERRORS, zh: '错误', field: null, required: false },
]
const holders: Column = { key: HOLDERS, zh: '持证主体代码', field: null, required: false }

/** Excel allows 31 characters and none of these. */
const sheetName = (zh: string) => zh.replaceAll(/[[\]:*?/\\]/g, ' ').slice(0, 31)

/** `askHolders`: the fields hold no number of the holder, so the sheet has a column for it. */
export function sheetLayout(definition: TypeDefinition, askHolders: boolean): SheetLayout {
  const fields = definition.fields.map(columnOf)
  const beside = askHolders ? [holders] : []
  const nested = definition.fields.flatMap(field => (field.type === 'array' ? [nestedSheet(field)] : []))
  const plain = fields.filter(({ field }) => field?.type !== 'array')
  const { validity } = definition
  const mayBeLongTerm = validity.kind !== 'long_term' && validity.kind !== 'fixed' && validity.allowLongTerm
  return {
    columns: [...(nested.length > 0 ? [rowNumber] : []), ...plain, ...beside],
    nested,
    flat: [...fields, ...beside],
    dateOrLongTerm: mayBeLongTerm ? validity.field : null,
  }
}

/** Everything that a heading of the first sheet may name: a nested field may stand there as JSON text too. */
export function knownColumns(layout: SheetLayout): Column[] {
  return [...layout.flat.filter(({ key }) => key !== HOLDERS), rowNumber, holders, ...besideBadRows]
}

function columnOf(field: Field | ItemField): Column {
  return { key: field.key, zh: field.zh, field, required: field.required }
}

function nestedSheet(field: ArrayField): NestedSheet {
  const items =
    field.items === 'string'
      ? [{ key: ITEM, zh: field.zh, field: null, required: true }]
      : field.items.map(columnOf)
  return { name: sheetName(field.zh), field, columns: [{ ...rowNumber, required: true }, ...items] }
}
