/** A thread that draws papers (see drawn.ts). Its fonts are opened once. */
import { serveTasks } from '../threads.ts'
import { drawPaper } from './draw.ts'
import type { Paper } from './paper.ts'

serveTasks((paper: Paper) => drawPaper(paper))
