/**
 * What a paper says, before anybody draws it: values only, so that the same paper is the same bytes. Made by the verbs of this folder,
 * drawn by `draw.ts` in a thread.
 */
import type { Label, PrintedField, PrintLanguage } from '../catalogue/printed.ts'

export interface Paper {
  language: PrintLanguage
  title: Label
  /** Under the title: what it is the paper of. */
  number: { label: Label; text: string }
  /** In a box above everything else: what a reader must know first. */
  notice: string | null
  parts: Part[]
  /** Who answers for it; with its drawn seal where the department is an invented one. */
  issuer: { role: Label; name: Label; lines: string[]; seal: string | null }
  proof: Proof | null
  /** At the foot of every page. */
  foot: string
  /** Across every page, on staff's copies. */
  watermark: string | null
  attachments: Attachment[]
  /** Seconds; the only time in the file. */
  createdAt: number
}

export interface Part {
  heading: Label | null
  /** Characters that no font has are spelled out instead of refused. */
  isSpelledOut: boolean
  fields: PrintedField[]
}

/** How the paper is verified. */
export interface Proof {
  /** What the QR code says. */
  address: string
  /** What is typed where nothing scans, as printed. */
  code: { label: string; text: string }
  steps: string[]
  /** Since when it has been unchanged, or that it is not anchored yet. */
  line: { isFinal: boolean; text: string }
}

export interface Attachment {
  name: string
  mediaType: string
  description: string
  text: string
}
