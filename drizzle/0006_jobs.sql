CREATE TYPE "public"."job_status" AS ENUM('queued', 'running', 'done', 'failed', 'cancelled');--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" text PRIMARY KEY NOT NULL,
	"owner" text DEFAULT 'local' NOT NULL,
	"operation" text NOT NULL,
	"version" integer NOT NULL,
	"parameters" json NOT NULL,
	"track_id" text NOT NULL,
	"source_sha256" text NOT NULL,
	"output_dir" text,
	"overwrite" boolean DEFAULT false NOT NULL,
	"idempotency_key" text,
	"status" "job_status" DEFAULT 'queued' NOT NULL,
	"priority" integer DEFAULT 0 NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"progress_share" real,
	"progress_message" text,
	"result" json,
	"files" json DEFAULT '[]'::json NOT NULL,
	"warning" text,
	"error" json,
	"queue" text NOT NULL,
	"queue_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp (3) with time zone,
	"heartbeat_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "jobs_idempotency_key" UNIQUE("idempotency_key"),
	CONSTRAINT "jobs_result_when_done" CHECK (("jobs"."result" is not null) = ("jobs"."status" = 'done')),
	CONSTRAINT "jobs_error_when_failed" CHECK (("jobs"."error" is not null) = ("jobs"."status" = 'failed'))
);
--> statement-breakpoint
CREATE INDEX "jobs_page_index" ON "jobs" USING btree ("owner","created_at","id");--> statement-breakpoint
CREATE INDEX "jobs_unfinished_index" ON "jobs" USING btree ("queue","priority") WHERE "jobs"."status" in ('queued', 'running');