import { DownloadOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { saveFile } from '../api/client.ts'
import { useWrite } from '../api/write.ts'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useWords } from '../words.ts'

/** Statements, proofs, consents and one's own copies of a case, in one zip for the files of the department. */
export function ArchiveButton({ id, number }: { id: string; number: string }) {
  const { say } = useWords('counter')
  const save = useWrite<null, void>(() => saveFile(`/v1/cases/${id}/archive`, `${number}.zip`))
  return (
    <>
      <Button
        icon={<DownloadOutlined aria-hidden />}
        loading={save.isPending}
        onClick={() => save.mutate(null)}
      >
        {say('archive')}
      </Button>
      <ProblemNotice error={save.error} />
    </>
  )
}
