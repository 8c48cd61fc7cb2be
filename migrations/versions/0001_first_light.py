"""First light"""

import secrets
import time

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CIRCLE = "fk_messages_made_by_transcripts"


def upgrade() -> None:
    op.create_table(
        "batteries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("licence", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batteries")),
        sa.UniqueConstraint("slug", name=op.f("uq_batteries_slug")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("study", sa.Integer(), nullable=True),
        sa.Column("actor", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ids", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_events_study"), ["study"], unique=False)

    op.create_table(
        "instance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )
    op.create_table(
        "maintenance",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance")),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("text_sha256", sa.String(), nullable=False),
        sa.Column("path_sha256", sa.String(), nullable=True),
        sa.Column("stop_class", sa.String(), nullable=True),
        sa.Column("stop_raw", sa.String(), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("usage", sa.JSON(), nullable=True),
        sa.Column("first_byte_ms", sa.Integer(), nullable=True),
        sa.Column("latency_ms", sa.Integer(), nullable=True),
        sa.Column("served_model", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "origin IN ('prompt', 'model', 'person', 'import')", name=op.f("ck_messages_origin")
        ),
        sa.CheckConstraint(
            "role IN ('user', 'assistant', 'reasoning', 'tool', 'text')", name=op.f("ck_messages_role")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["transcripts.id"], name=CIRCLE, use_alter=True),
        sa.ForeignKeyConstraint(["parent_id"], ["messages.id"], name=op.f("fk_messages_parent_id_messages")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_messages_made_by"), ["made_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_messages_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "ux_messages_path",
            ["path_sha256"],
            unique=True,
            sqlite_where=sa.text("made_by IS NULL"),
            postgresql_where=sa.text("made_by IS NULL"),
        )

    op.create_table(
        "people",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("initials", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("name", name=op.f("uq_people_name")),
    )
    op.create_table(
        "renderings",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_renderings")),
    )
    op.create_table(
        "settings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("sent", sa.JSON(), nullable=False),
        sa.Column("effective", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settings")),
        sa.UniqueConstraint("sha256", name=op.f("uq_settings_sha256")),
    )
    op.create_table(
        "studies",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_studies")),
        sa.UniqueConstraint("slug", name=op.f("uq_studies_slug")),
    )
    op.create_table(
        "styles",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("lab", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_styles")),
        sa.UniqueConstraint("slug", name=op.f("uq_styles_slug")),
    )
    op.create_table(
        "battery_versions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("battery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["battery_id"], ["batteries.id"], name=op.f("fk_battery_versions_battery_id_batteries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_battery_versions")),
        sa.UniqueConstraint("battery_id", "number", name=op.f("uq_battery_versions_battery_id_number")),
    )
    op.create_table(
        "endpoints",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("style_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wire", sa.String(), nullable=False),
        sa.Column("base_url", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("key_env", sa.String(), nullable=True),
        sa.Column("key_origin", sa.String(), nullable=True),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("dialect", sa.String(), nullable=True),
        sa.Column("limits", sa.JSON(), nullable=False),
        sa.Column("price", sa.JSON(), nullable=False),
        sa.Column("can", sa.JSON(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["style_id"], ["styles.id"], name=op.f("fk_endpoints_style_id_styles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoints")),
        sa.UniqueConstraint("slug", name=op.f("uq_endpoints_slug")),
    )
    op.create_table(
        "message_logprobs",
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("tokens", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_message_logprobs_message_id_messages")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_message_logprobs")),
    )
    op.create_table(
        "prompts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("battery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.Column("equal_sha256", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("theme", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("shape", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["battery_id"], ["batteries.id"], name=op.f("fk_prompts_battery_id_batteries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompts")),
        sa.UniqueConstraint(
            "battery_id", "key", "content_sha256", name=op.f("uq_prompts_battery_id_key_content_sha256")
        ),
    )
    with op.batch_alter_table("prompts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_prompts_equal_sha256"), ["equal_sha256"], unique=False)
        batch_op.create_index("ix_prompts_family", ["battery_id", "family"], unique=False)

    op.create_table(
        "runs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("study_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("wanted", sa.String(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("same_seeds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("budget_micro", sa.BigInteger(), nullable=True),
        sa.Column("budget_calls", sa.BigInteger(), nullable=True),
        sa.Column("budget_tokens", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('asked', 'import', 'loom')", name=op.f("ck_runs_kind")),
        sa.CheckConstraint("wanted IN ('go', 'pause', 'cancel')", name=op.f("ck_runs_wanted")),
        sa.ForeignKeyConstraint(["same_seeds"], ["runs.id"], name=op.f("fk_runs_same_seeds_runs")),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_runs_study_id_studies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_runs_study_id"), ["study_id"], unique=False)

    op.create_table(
        "battery_prompts",
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("prompt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["prompt_id"], ["prompts.id"], name=op.f("fk_battery_prompts_prompt_id_prompts")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["battery_versions.id"],
            name=op.f("fk_battery_prompts_version_id_battery_versions"),
        ),
        sa.PrimaryKeyConstraint("version_id", "position", name=op.f("pk_battery_prompts")),
        sa.UniqueConstraint("version_id", "prompt_id", name=op.f("uq_battery_prompts_version_id_prompt_id")),
    )
    with op.batch_alter_table("battery_prompts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_battery_prompts_prompt_id"), ["prompt_id"], unique=False)

    op.create_table(
        "endpoint_stops",
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("endpoint_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoints.id"], name=op.f("fk_endpoint_stops_endpoint_id_endpoints")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_endpoint_stops_run_id_runs")),
        sa.PrimaryKeyConstraint("run_id", "endpoint_id", name=op.f("pk_endpoint_stops")),
    )
    op.create_table(
        "run_budget",
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reserved_micro", sa.BigInteger(), nullable=False),
        sa.Column("spent_micro", sa.BigInteger(), nullable=False),
        sa.Column("reserved_calls", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("reserved_tokens", sa.BigInteger(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("capped", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_budget_run_id_runs")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_budget")),
    )
    op.create_table(
        "subjects",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("endpoint_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoints.id"], name=op.f("fk_subjects_endpoint_id_endpoints")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subjects")),
        sa.UniqueConstraint("slug", name=op.f("uq_subjects_slug")),
    )
    op.create_table(
        "waves",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("temperatures", sa.JSON(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_waves_run_id_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waves")),
        sa.UniqueConstraint("run_id", "number", name=op.f("uq_waves_run_id_number")),
    )
    op.create_table(
        "subject_versions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subjects.id"], name=op.f("fk_subject_versions_subject_id_subjects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_versions")),
        sa.UniqueConstraint("subject_id", "number", name=op.f("uq_subject_versions_subject_id_number")),
    )
    op.create_table(
        "wave_batteries",
        sa.Column("wave_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["battery_versions.id"],
            name=op.f("fk_wave_batteries_version_id_battery_versions"),
        ),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_wave_batteries_wave_id_waves")),
        sa.PrimaryKeyConstraint("wave_id", "version_id", name=op.f("pk_wave_batteries")),
    )
    with op.batch_alter_table("wave_batteries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_wave_batteries_version_id"), ["version_id"], unique=False)

    op.create_table(
        "transcripts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("study_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("battery_version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("prompt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subject_version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("endpoint_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("temperature_milli", sa.Integer(), nullable=False),
        sa.Column("repeat", sa.Integer(), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("equal_sha256", sa.String(), nullable=True),
        sa.Column("root_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("tip_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("settings_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("context", sa.String(), nullable=True),
        sa.Column("rendering_sha256", sa.String(), nullable=True),
        sa.Column("source_id", sa.String(), nullable=True),
        sa.Column("stop_class", sa.String(), nullable=True),
        sa.Column("served_model", sa.String(), nullable=True),
        sa.Column("input_tokens", sa.Integer(), nullable=True),
        sa.Column("output_tokens", sa.Integer(), nullable=True),
        sa.Column("cost_micro", sa.BigInteger(), nullable=True),
        sa.Column("latency_ms", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "context IS NULL OR context IN ('rendered', 'sent', 'may_add')",
            name=op.f("ck_transcripts_context"),
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'impossible')",
            name=op.f("ck_transcripts_state"),
        ),
        sa.ForeignKeyConstraint(
            ["battery_version_id"],
            ["battery_versions.id"],
            name=op.f("fk_transcripts_battery_version_id_battery_versions"),
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoints.id"], name=op.f("fk_transcripts_endpoint_id_endpoints")
        ),
        sa.ForeignKeyConstraint(["prompt_id"], ["prompts.id"], name=op.f("fk_transcripts_prompt_id_prompts")),
        sa.ForeignKeyConstraint(
            ["rendering_sha256"],
            ["renderings.sha256"],
            name=op.f("fk_transcripts_rendering_sha256_renderings"),
        ),
        sa.ForeignKeyConstraint(["root_id"], ["messages.id"], name=op.f("fk_transcripts_root_id_messages")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_transcripts_run_id_runs")),
        sa.ForeignKeyConstraint(
            ["settings_id"], ["settings.id"], name=op.f("fk_transcripts_settings_id_settings")
        ),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_transcripts_study_id_studies")),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subjects.id"], name=op.f("fk_transcripts_subject_id_subjects")
        ),
        sa.ForeignKeyConstraint(
            ["subject_version_id"],
            ["subject_versions.id"],
            name=op.f("fk_transcripts_subject_version_id_subject_versions"),
        ),
        sa.ForeignKeyConstraint(["tip_id"], ["messages.id"], name=op.f("fk_transcripts_tip_id_messages")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcripts")),
        sa.UniqueConstraint(
            "run_id",
            "prompt_id",
            "subject_version_id",
            "temperature_milli",
            "repeat",
            name="uq_transcripts_draw",
        ),
    )
    with op.batch_alter_table("transcripts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_transcripts_cell",
            ["study_id", "prompt_id", "subject_version_id", "temperature_milli", "run_id", "repeat"],
            unique=False,
        )
        batch_op.create_index(
            "ix_transcripts_queue",
            ["endpoint_id", "run_id", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )
        batch_op.create_index(
            "ix_transcripts_running",
            ["endpoint_id"],
            unique=False,
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )
        batch_op.create_index("ix_transcripts_state", ["run_id", "state", "subject_version_id"], unique=False)
        batch_op.create_index(
            "ix_transcripts_finished",
            ["run_id", "finished_at"],
            unique=False,
            sqlite_where=sa.text("finished_at IS NOT NULL"),
            postgresql_where=sa.text("finished_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_transcripts_unpriced",
            ["run_id", "state"],
            unique=False,
            sqlite_where=sa.text("state = 'done' AND cost_micro IS NULL"),
            postgresql_where=sa.text("state = 'done' AND cost_micro IS NULL"),
        )

    op.create_table(
        "wave_subjects",
        sa.Column("wave_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["subject_versions.id"], name=op.f("fk_wave_subjects_version_id_subject_versions")
        ),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_wave_subjects_wave_id_waves")),
        sa.PrimaryKeyConstraint("wave_id", "version_id", name=op.f("pk_wave_subjects")),
    )
    with op.batch_alter_table("wave_subjects", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_wave_subjects_version_id"), ["version_id"], unique=False)

    op.create_table(
        "exchanges",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("transcript_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=True),
        sa.Column("reply_sha256", sa.String(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("first_byte_ms", sa.Integer(), nullable=True),
        sa.Column("total_ms", sa.Integer(), nullable=True),
        sa.Column("cost_micro", sa.BigInteger(), nullable=True),
        sa.Column("tokens", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["transcript_id"], ["transcripts.id"], name=op.f("fk_exchanges_transcript_id_transcripts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchanges")),
        sa.UniqueConstraint("transcript_id", "turn", "n", name=op.f("uq_exchanges_transcript_id_turn_n")),
    )
    with op.batch_alter_table("exchanges", schema=None) as batch_op:
        batch_op.create_index(
            "ix_exchanges_open",
            ["transcript_id"],
            unique=False,
            sqlite_where=sa.text("outcome = 'sent'"),
            postgresql_where=sa.text("outcome = 'sent'"),
        )

    if op.get_bind().dialect.name == "postgresql":  # SQLite takes the circle inside CREATE TABLE
        op.create_foreign_key(CIRCLE, "messages", "transcripts", ["made_by"], ["id"])
    op.bulk_insert(sa.table("instance", sa.column("name")), [{"name": secrets.token_hex(4)}])
    op.bulk_insert(
        sa.table("people", sa.column("name"), sa.column("initials"), sa.column("created_at")),
        [{"name": "local", "initials": "ME", "created_at": int(time.time() * 1000)}],
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(CIRCLE, "messages", type_="foreignkey")
    with op.batch_alter_table("exchanges", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_exchanges_open",
            sqlite_where=sa.text("outcome = 'sent'"),
            postgresql_where=sa.text("outcome = 'sent'"),
        )

    op.drop_table("exchanges")
    with op.batch_alter_table("wave_subjects", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_wave_subjects_version_id"))

    op.drop_table("wave_subjects")
    with op.batch_alter_table("transcripts", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_transcripts_unpriced",
            sqlite_where=sa.text("state = 'done' AND cost_micro IS NULL"),
            postgresql_where=sa.text("state = 'done' AND cost_micro IS NULL"),
        )
        batch_op.drop_index("ix_transcripts_state")
        batch_op.drop_index(
            "ix_transcripts_finished",
            sqlite_where=sa.text("finished_at IS NOT NULL"),
            postgresql_where=sa.text("finished_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_transcripts_running",
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )
        batch_op.drop_index(
            "ix_transcripts_queue",
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )
        batch_op.drop_index("ix_transcripts_cell")

    op.drop_table("transcripts")
    with op.batch_alter_table("wave_batteries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_wave_batteries_version_id"))

    op.drop_table("wave_batteries")
    op.drop_table("subject_versions")
    op.drop_table("waves")
    op.drop_table("subjects")
    op.drop_table("run_budget")
    op.drop_table("endpoint_stops")
    with op.batch_alter_table("battery_prompts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_battery_prompts_prompt_id"))

    op.drop_table("battery_prompts")
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_runs_study_id"))

    op.drop_table("runs")
    with op.batch_alter_table("prompts", schema=None) as batch_op:
        batch_op.drop_index("ix_prompts_family")
        batch_op.drop_index(batch_op.f("ix_prompts_equal_sha256"))

    op.drop_table("prompts")
    op.drop_table("message_logprobs")
    op.drop_table("endpoints")
    op.drop_table("battery_versions")
    op.drop_table("styles")
    op.drop_table("studies")
    op.drop_table("settings")
    op.drop_table("renderings")
    op.drop_table("people")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index(
            "ux_messages_path",
            sqlite_where=sa.text("made_by IS NULL"),
            postgresql_where=sa.text("made_by IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_messages_parent_id"))
        batch_op.drop_index(batch_op.f("ix_messages_made_by"))

    op.drop_table("messages")
    op.drop_table("maintenance")
    op.drop_table("instance")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_events_study"))

    op.drop_table("events")
    op.drop_table("batteries")
