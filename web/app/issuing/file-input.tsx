import { useId } from 'react'

/** Chooses a file. The browser's own words for that follow its language, not the page's, so only the input itself is its. */
export function FileInput({
  label,
  accept,
  describedBy,
  onChoose,
  chosen,
}: {
  label: string
  accept?: string
  describedBy?: string
  onChoose: (file: File | null) => void
  /** What to say of the chosen one. */
  chosen: string | null
}) {
  const id = useId()
  return (
    <div className="file">
      <input
        id={id}
        className="visually-hidden"
        type="file"
        accept={accept}
        aria-describedby={describedBy}
        onClick={({ currentTarget }) => {
          // Else a file that is chosen again after it was changed would be no change.
          currentTarget.value = ''
        }}
        onChange={({ target }) => onChoose(target.files?.[0] ?? null)}
      />
      <label htmlFor={id}>{label}</label>
      {chosen !== null && <output>{chosen}</output>}
    </div>
  )
}
