CREATE TABLE "api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"owner" text NOT NULL,
	"scopes" text[] NOT NULL,
	"secret_sha256" text NOT NULL,
	"requests_left" integer,
	"expires_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rate_buckets" (
	"name" text PRIMARY KEY NOT NULL,
	"tokens" double precision NOT NULL,
	"allowed" boolean NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"full_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "tracks" DROP CONSTRAINT "tracks_sha256_unique";--> statement-breakpoint
DROP INDEX "llm_calls_created_index";--> statement-breakpoint
DROP INDEX "route_decisions_created_index";--> statement-breakpoint
DROP INDEX "tracks_page_index";--> statement-breakpoint
ALTER TABLE "tracks" ALTER COLUMN "owner" SET DEFAULT 'local';--> statement-breakpoint
ALTER TABLE "tracks" ALTER COLUMN "owner" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "llm_calls" ADD COLUMN "owner" text DEFAULT 'local' NOT NULL;--> statement-breakpoint
ALTER TABLE "route_decisions" ADD COLUMN "owner" text DEFAULT 'local' NOT NULL;--> statement-breakpoint
ALTER TABLE "track_facts" ADD COLUMN "owner" text DEFAULT 'local' NOT NULL;--> statement-breakpoint
CREATE INDEX "api_keys_created_index" ON "api_keys" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "rate_buckets_full_index" ON "rate_buckets" USING btree ("full_at");--> statement-breakpoint
CREATE INDEX "llm_calls_created_index" ON "llm_calls" USING btree ("owner","created_at");--> statement-breakpoint
CREATE INDEX "route_decisions_created_index" ON "route_decisions" USING btree ("owner","created_at");--> statement-breakpoint
CREATE INDEX "tracks_page_index" ON "tracks" USING btree ("owner","created_at","id");--> statement-breakpoint
ALTER TABLE "tracks" ADD CONSTRAINT "tracks_owner_sha256" UNIQUE("owner","sha256");