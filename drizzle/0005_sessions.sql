CREATE TYPE "public"."session_execution_kind" AS ENUM('tool', 'model');--> statement-breakpoint
CREATE TABLE "session_executions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "session_executions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"session_id" text NOT NULL,
	"kind" "session_execution_kind" NOT NULL,
	"name" text NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"duration_ms" double precision NOT NULL,
	"error_kind" text,
	"input_tokens" integer,
	"output_tokens" integer,
	"cost_usd" numeric(20, 12)
);
--> statement-breakpoint
CREATE TABLE "session_turns" (
	"session_id" text NOT NULL,
	"position" integer NOT NULL,
	"track_id" text NOT NULL,
	"question" text NOT NULL,
	"answer" text NOT NULL,
	"claims" json NOT NULL,
	"model" text NOT NULL,
	"tools_called" json NOT NULL,
	"cost_usd" numeric(20, 12),
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "session_turns_session_id_position_pk" PRIMARY KEY("session_id","position")
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"owner" text NOT NULL,
	"track_id" text NOT NULL,
	"title" text NOT NULL,
	"summary" text,
	"summary_covers" integer DEFAULT 0 NOT NULL,
	"turns" integer DEFAULT 0 NOT NULL,
	"cost_usd" numeric(20, 12) DEFAULT 0 NOT NULL,
	"turns_of_unknown_cost" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"last_used_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "session_executions" ADD CONSTRAINT "session_executions_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session_turns" ADD CONSTRAINT "session_turns_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "session_executions_session_index" ON "session_executions" USING btree ("session_id","id");--> statement-breakpoint
CREATE INDEX "sessions_page_index" ON "sessions" USING btree ("owner","last_used_at","id");--> statement-breakpoint
CREATE INDEX "sessions_expires_index" ON "sessions" USING btree ("expires_at");