CREATE TABLE "batches" (
	"id" text PRIMARY KEY NOT NULL,
	"owner" text NOT NULL,
	"operation" text NOT NULL,
	"parameters" json NOT NULL,
	"folder" text NOT NULL,
	"output_dir" text NOT NULL,
	"overwrite" boolean NOT NULL,
	"passed_over" integer NOT NULL,
	"items" json NOT NULL,
	"reports" json NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "source_filename" text;