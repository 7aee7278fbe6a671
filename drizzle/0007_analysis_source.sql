ALTER TABLE "analyses" DROP CONSTRAINT "analyses_key";--> statement-breakpoint
ALTER TABLE "analyses" ADD COLUMN "source" text DEFAULT 'builtin' NOT NULL;--> statement-breakpoint
ALTER TABLE "analyses" ADD CONSTRAINT "analyses_key" UNIQUE("track_id","agent","agent_version","parameters_hash","source");