/** Jobs as one owner sees them: those of others are missing, in the words of ones that never were. */
import type { Batch } from "../storage/batch-repository.ts";
import type { Job, JobFilter } from "../storage/job-repository.ts";
import type { FollowOptions, JobRequest, JobService } from "./job-service.ts";

/** The jobs of one owner; each does what `JobService` says. */
export interface OwnJobs {
  /** How long a tool waits for a job. */
  readonly waitLimitMs: number;
  /** Whether jobs end with the call that asked for them. */
  readonly endWithCall: boolean;
  /** Folders that may be read and written. */
  readonly roots: readonly string[];
  submit(request: Omit<JobRequest, "owner">): Promise<{ job: Job; created: boolean }>;
  get(id: string): Promise<Job>;
  list(filter: JobFilter): Promise<Job[]>;
  cancel(id: string): Promise<{ job: Job; wasCancelled: boolean }>;
  follow(ids: readonly string[], options: FollowOptions): Promise<Job[]>;
  saveBatch(batch: Omit<Batch, "owner">): Promise<void>;
  findBatch(id: string): Promise<Batch>;
  later(batchId: string, work: (signal: AbortSignal) => Promise<void>): void;
  findFile(sha256: string): Promise<Job["files"][number]>;
}

export function ownJobs(jobs: JobService, owner: string): OwnJobs {
  const { waitLimitMs, endWithCall, roots } = jobs;
  return {
    waitLimitMs,
    endWithCall,
    roots,
    submit: (request) => jobs.submit({ ...request, owner }),
    get: (id) => jobs.get(owner, id),
    list: (filter) => jobs.list(owner, filter),
    cancel: (id) => jobs.cancel(owner, id),
    follow: (ids, options) => jobs.follow(owner, ids, options),
    saveBatch: (batch) => jobs.saveBatch({ ...batch, owner }),
    findBatch: (id) => jobs.findBatch(owner, id),
    later: (batchId, work) => jobs.later(batchId, work),
    findFile: (sha256) => jobs.findFile(owner, sha256),
  };
}
