//! The tables as diesel sees them, one definition for both databases.
//!
//! Only column types both share; times are UTC milliseconds. Keys, indexes and their reasons are in `migrations/`.

diesel::table! {
    setbacks (workspace_id, kind, item) {
        workspace_id -> BigInt,
        kind -> Text,
        item -> Text,
        attempts -> BigInt,
        error -> Text,
        again_at_ms -> Nullable<BigInt>,
        at_ms -> BigInt,
    }
}

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    workspaces (id) {
        id -> BigInt,
        name -> Text,
        locale -> Text,
        zone -> Text,
        config_epoch -> BigInt,
        created_at_ms -> BigInt,
    }
}

diesel::table! {
    users (id) {
        id -> BigInt,
        email -> Text,
        name -> Text,
        password_hash -> Text,
        locale -> Text,
        created_at_ms -> BigInt,
    }
}

diesel::table! {
    memberships (workspace_id, user_id) {
        workspace_id -> BigInt,
        user_id -> BigInt,
        role -> Text,
    }
}

diesel::table! {
    sessions (id_hash) {
        id_hash -> Binary,
        user_id -> BigInt,
        workspace_id -> BigInt,
        csrf -> Text,
        created_at_ms -> BigInt,
        expires_at_ms -> BigInt,
    }
}

diesel::table! {
    api_tokens (id) {
        workspace_id -> BigInt,
        id -> BigInt,
        name -> Text,
        token_hash -> Binary,
        prefix -> Text,
        scopes -> Text,
        created_at_ms -> BigInt,
        last_used_at_ms -> Nullable<BigInt>,
        expires_at_ms -> Nullable<BigInt>,
    }
}

diesel::table! {
    audit_log (id) {
        workspace_id -> BigInt,
        id -> BigInt,
        user_id -> Nullable<BigInt>,
        action -> Text,
        target -> Text,
        at_ms -> BigInt,
    }
}

diesel::table! {
    secrets (workspace_id, name) {
        workspace_id -> BigInt,
        name -> Text,
        value -> Binary,
        updated_at_ms -> BigInt,
    }
}

diesel::table! {
    bots (id) {
        workspace_id -> BigInt,
        id -> BigInt,
        channel -> Text,
        name -> Text,
        username -> Nullable<Text>,
        external_id -> Nullable<Text>,
        token -> Nullable<Binary>,
        base_url -> Nullable<Text>,
        intake -> Text,
        webhook_secret -> Nullable<Binary>,
        unknown_policy -> Text,
        status -> Text,
        status_note -> Nullable<Text>,
        poll_offset -> Nullable<BigInt>,
        created_at_ms -> BigInt,
        deleted -> Bool,
    }
}

diesel::table! {
    scenarios (id) {
        workspace_id -> BigInt,
        id -> BigInt,
        name -> Text,
        draft -> Text,
        draft_revision -> BigInt,
        published_version_id -> Nullable<BigInt>,
        created_at_ms -> BigInt,
        updated_at_ms -> BigInt,
    }
}

diesel::table! {
    scenario_versions (id) {
        workspace_id -> BigInt,
        id -> BigInt,
        scenario_id -> BigInt,
        number -> BigInt,
        document -> Text,
        published_at_ms -> BigInt,
        published_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    bot_scenarios (workspace_id, bot_id, scenario_id) {
        workspace_id -> BigInt,
        bot_id -> BigInt,
        scenario_id -> BigInt,
        position -> BigInt,
    }
}

diesel::table! {
    file_contents (workspace_id, id) {
        workspace_id -> BigInt,
        id -> Text,
        unused_since_ms -> Nullable<BigInt>,
    }
}

diesel::table! {
    file_chunks (workspace_id, content_id, number) {
        workspace_id -> BigInt,
        content_id -> Text,
        number -> BigInt,
        bytes -> Binary,
    }
}

diesel::table! {
    files (workspace_id, name) {
        workspace_id -> BigInt,
        name -> Text,
        slug -> Text,
        content_id -> Text,
        content_type -> Text,
        size -> BigInt,
        updated_at_ms -> BigInt,
    }
}

diesel::table! {
    sent_files (workspace_id, bot_id, content_id, kind) {
        workspace_id -> BigInt,
        bot_id -> BigInt,
        content_id -> Text,
        kind -> Text,
        external_id -> Text,
    }
}

diesel::table! {
    mini_apps (id) {
        workspace_id -> BigInt,
        id -> BigInt,
        name -> Text,
        slug -> Text,
        html -> Text,
        bot_id -> Nullable<BigInt>,
        updated_at_ms -> BigInt,
    }
}

diesel::table! {
    mini_app_versions (workspace_id, mini_app_id, number) {
        workspace_id -> BigInt,
        mini_app_id -> BigInt,
        number -> BigInt,
        html -> Text,
        saved_at_ms -> BigInt,
    }
}

diesel::table! {
    webhooks (id) {
        workspace_id -> BigInt,
        id -> BigInt,
        name -> Text,
        secret_hash -> Binary,
        secret -> Binary,
        bot_id -> BigInt,
        scenario_id -> BigInt,
        trigger_id -> Text,
        created_at_ms -> BigInt,
    }
}

diesel::table! {
    links (id) {
        workspace_id -> BigInt,
        id -> BigInt,
        bot_id -> BigInt,
        code -> Text,
        url -> Text,
        name -> Text,
        lane_key -> Nullable<Text>,
        sender -> Nullable<Text>,
        peer -> Nullable<Text>,
        visits -> BigInt,
        first_visit_at_ms -> Nullable<BigInt>,
        created_at_ms -> BigInt,
    }
}

diesel::table! {
    subscribers (workspace_id, bot_id, lane_key) {
        workspace_id -> BigInt,
        bot_id -> BigInt,
        lane_key -> Text,
        external_user_id -> Nullable<Text>,
        peer -> Text,
        first_name -> Text,
        last_name -> Text,
        username -> Text,
        language -> Text,
        first_seen_at_ms -> BigInt,
        last_seen_at_ms -> BigInt,
        blocked_at_ms -> Nullable<BigInt>,
        unsubscribed_at_ms -> Nullable<BigInt>,
    }
}

diesel::table! {
    tags (workspace_id, bot_id, lane_key, tag) {
        workspace_id -> BigInt,
        bot_id -> BigInt,
        lane_key -> Text,
        tag -> Text,
        since_at_ms -> BigInt,
    }
}

diesel::table! {
    staff (workspace_id, bot_id, lane_key) {
        workspace_id -> BigInt,
        bot_id -> BigInt,
        lane_key -> Text,
        since_at_ms -> BigInt,
    }
}

diesel::table! {
    staff_links (workspace_id, bot_id) {
        workspace_id -> BigInt,
        bot_id -> BigInt,
        code_hash -> Binary,
        expires_at_ms -> BigInt,
    }
}

diesel::table! {
    fields (workspace_id, scope, owner, name) {
        workspace_id -> BigInt,
        scope -> Text,
        owner -> Text,
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    inbox (id) {
        workspace_id -> BigInt,
        id -> BigInt,
        bot_id -> BigInt,
        partition -> BigInt,
        lane_key -> Text,
        dedupe_key -> Text,
        kind -> Text,
        payload -> Binary,
        meta -> Text,
        reply_secret -> Nullable<Text>,
        hops -> BigInt,
        status -> Text,
        attempts -> BigInt,
        received_at_ms -> BigInt,
        settled_at_ms -> Nullable<BigInt>,
    }
}

diesel::table! {
    lanes (workspace_id, bot_id, lane_key) {
        workspace_id -> BigInt,
        bot_id -> BigInt,
        lane_key -> Text,
        version -> BigInt,
        foreground_run_id -> Nullable<BigInt>,
        partition -> BigInt,
        memory -> Text,
    }
}

diesel::table! {
    runs (id) {
        workspace_id -> BigInt,
        id -> BigInt,
        bot_id -> BigInt,
        lane_key -> Text,
        scenario_id -> BigInt,
        version_id -> BigInt,
        status -> Text,
        state -> Text,
        error -> Nullable<Text>,
        started_at_ms -> BigInt,
        updated_at_ms -> BigInt,
        ended_at_ms -> Nullable<BigInt>,
        block_id -> Nullable<Text>,
        action_id -> Nullable<Text>,
    }
}

diesel::table! {
    calls (workspace_id, run_id, step_no) {
        workspace_id -> BigInt,
        run_id -> BigInt,
        step_no -> BigInt,
        bot_id -> BigInt,
        partition -> BigInt,
        lane_key -> Text,
        request -> Text,
        status -> Text,
        attempt -> BigInt,
        next_at_ms -> Nullable<BigInt>,
        answer -> Nullable<Text>,
        claimed_by -> Nullable<Text>,
    }
}

diesel::table! {
    outbox (id) {
        workspace_id -> BigInt,
        id -> BigInt,
        effect_id -> Text,
        bot_id -> BigInt,
        lane_key -> Text,
        peer -> Text,
        class -> Text,
        kind -> Text,
        payload -> Text,
        in_history -> Bool,
        not_before_at_ms -> BigInt,
        expires_at_ms -> Nullable<BigInt>,
        status -> Text,
        attempts -> BigInt,
        uncertain -> Bool,
        claimed_by -> Nullable<Text>,
        claimed_at_ms -> Nullable<BigInt>,
        error -> Nullable<Text>,
        return_to -> Nullable<Text>,
        created_at_ms -> BigInt,
    }
}

diesel::table! {
    messages (id) {
        workspace_id -> BigInt,
        id -> BigInt,
        bot_id -> BigInt,
        lane_key -> Text,
        peer -> Text,
        direction -> Text,
        payload -> Text,
        platform_id -> Nullable<Text>,
        fate -> Text,
        uncertain -> Bool,
        error -> Nullable<Text>,
        at_ms -> BigInt,
        effect_id -> Nullable<Text>,
        part_ids -> Nullable<Text>,
        slot -> Nullable<Text>,
        changed_at_ms -> Nullable<BigInt>,
        deleted -> Bool,
    }
}

diesel::table! {
    timers (id) {
        workspace_id -> BigInt,
        id -> BigInt,
        bot_id -> BigInt,
        partition -> BigInt,
        due_at_ms -> BigInt,
        lane_key -> Text,
        run_id -> Nullable<BigInt>,
        wait_id -> Nullable<BigInt>,
        payload -> Text,
    }
}

diesel::table! {
    schedules (workspace_id, bot_id, scenario_id, trigger_id) {
        workspace_id -> BigInt,
        bot_id -> BigInt,
        scenario_id -> BigInt,
        trigger_id -> Text,
        spec -> Text,
        due_at_ms -> BigInt,
        progress -> Text,
    }
}

diesel::table! {
    replies (workspace_id, event_id) {
        workspace_id -> BigInt,
        event_id -> BigInt,
        status -> BigInt,
        headers -> Text,
        body -> Binary,
        secret -> Text,
        expires_at_ms -> BigInt,
    }
}

diesel::table! {
    nodes (id) {
        id -> Text,
        started_at_ms -> BigInt,
        heartbeat_at_ms -> BigInt,
        home -> Text,
    }
}

diesel::table! {
    bot_partitions (workspace_id, bot_id, partition) {
        workspace_id -> BigInt,
        bot_id -> BigInt,
        partition -> BigInt,
        owner -> Nullable<Text>,
        epoch -> BigInt,
    }
}

diesel::table! {
    traces (workspace_id, run_id, burst_no) {
        workspace_id -> BigInt,
        run_id -> BigInt,
        burst_no -> BigInt,
        blob -> Binary,
        at_ms -> BigInt,
    }
}

diesel::table! {
    exit_counters (workspace_id, scenario_id, action_id, exit_id, day) {
        workspace_id -> BigInt,
        scenario_id -> BigInt,
        action_id -> Text,
        exit_id -> Text,
        day -> BigInt,
        count -> BigInt,
    }
}

diesel::table! {
    lists (id) {
        workspace_id -> BigInt,
        id -> BigInt,
        name -> Text,
        column_defs -> Text,
        created_at_ms -> BigInt,
        updated_at_ms -> BigInt,
        watchers -> Text,
        deleted -> Bool,
        rebuild -> Text,
    }
}

diesel::table! {
    list_rows (id) {
        workspace_id -> BigInt,
        list_id -> BigInt,
        id -> BigInt,
        cells -> Text,
        created_at_ms -> BigInt,
        updated_at_ms -> BigInt,
    }
}

diesel::table! {
    list_keys (workspace_id, list_id, column_id, key, row_id) {
        workspace_id -> BigInt,
        list_id -> BigInt,
        column_id -> Text,
        key -> Binary,
        row_id -> BigInt,
    }
}

diesel::table! {
    list_unique (workspace_id, list_id, column_id, key) {
        workspace_id -> BigInt,
        list_id -> BigInt,
        column_id -> Text,
        key -> Binary,
        row_id -> BigInt,
    }
}

diesel::table! {
    awaited_calls (id) {
        workspace_id -> BigInt,
        id -> BigInt,
        secret_hash -> Text,
        bot_id -> BigInt,
        lane_key -> Text,
        run_id -> BigInt,
        request -> Nullable<Text>,
        called_at_ms -> Nullable<BigInt>,
        expires_at_ms -> BigInt,
    }
}

diesel::table! {
    broadcasts (workspace_id, run_id, step_no) {
        workspace_id -> BigInt,
        run_id -> BigInt,
        step_no -> BigInt,
        bot_id -> BigInt,
        tell -> Text,
        created_at_ms -> BigInt,
    }
}

diesel::table! {
    broadcast_parts (workspace_id, run_id, step_no, part_no) {
        workspace_id -> BigInt,
        run_id -> BigInt,
        step_no -> BigInt,
        part_no -> BigInt,
        people -> BigInt,
        recipients -> Text,
    }
}

diesel::table! {
    moves (workspace_id, from_version_id) {
        workspace_id -> BigInt,
        from_version_id -> BigInt,
        to_version_id -> BigInt,
        choices -> Text,
        last_run_id -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    moves,
    runs,
    bots,
    bot_scenarios,
    scenarios,
    scenario_versions,
    users,
    memberships,
    workspaces,
    inbox,
    outbox,
    schedules
);
