//! Every route of both listeners, and what stands in front of them.
//!
//! Admin: `identify` > `headers` > `present` > `session::find`, then one guard per scope: the REST API has
//! `bearer::authenticate`, the pages have `session::require`, and nothing but sign-in, set-up, assets and
//! health checks is outside a guard.

use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{self, ServiceConfig};

use crate::admin::{
    bots, canvas, chat, examples, files, globals, home, lists, mini_apps, rows, runs, scenarios, secrets,
    settings, subscribers, tokens,
};
use crate::auth::{bearer, csrf, session, set_up, sign_in};
use crate::error::{self, ApiError};
use crate::hooks::{file, health, link, once, reply, telegram, webhook};
use crate::miniapp::{callback, page};
use crate::payload::BODY_BYTES;
use crate::{api, assets, cors, documents, headers, request};

/// The admin listener: pages for people, the REST API for programs.
pub fn admin(config: &mut ServiceConfig) {
    config.service(
        web::scope("")
            .app_data(web::FormConfig::default().limit(csrf::FORM_BYTES))
            .app_data(web::JsonConfig::default().limit(documents::DOCUMENT_BYTES))
            .wrap(from_fn(session::find))
            .wrap(from_fn(error::present))
            .wrap(from_fn(headers::admin))
            .wrap(from_fn(request::identify))
            .configure(healthy)
            .service(
                web::scope("/assets")
                    .wrap(Compress::default())
                    .route("/{path:.*}", web::get().to(assets::get_asset)),
            )
            .service(
                web::scope("/api/v1")
                    .wrap(from_fn(csrf::protect))
                    .wrap(from_fn(bearer::authenticate))
                    .configure(api::routes)
                    .default_service(web::to(nothing_here)),
            )
            .service(
                web::resource("/set-up")
                    .wrap(from_fn(csrf::protect))
                    .get(set_up::get_set_up)
                    .post(set_up::post_set_up),
            )
            .service(
                web::resource("/sign-in")
                    .wrap(from_fn(csrf::protect))
                    .get(sign_in::get_sign_in)
                    .post(sign_in::post_sign_in),
            )
            .service(
                web::scope("")
                    .wrap(from_fn(csrf::protect))
                    .wrap(from_fn(session::require))
                    .configure(pages)
                    .default_service(web::to(nothing_here)),
            ),
    );
}

/// The pages; all of them need a session.
fn pages(config: &mut ServiceConfig) {
    config
        .route("/", web::get().to(home::get_home))
        .route("/sign-out", web::post().to(sign_in::post_sign_out))
        .service(web::resource("/bots").get(bots::get_bots))
        .service(web::resource("/bots/connect").get(bots::get_connect).post(bots::post_connect))
        .service(web::resource("/bots/test").post(bots::post_test_bot))
        .service(web::resource("/bots/{id:\\d+}").get(bots::get_bot).post(bots::post_bot))
        .service(web::resource("/bots/{id:\\d+}/pause").post(bots::post_pause))
        .service(web::resource("/bots/{id:\\d+}/resume").post(bots::post_resume))
        .service(web::resource("/bots/{id:\\d+}/token").post(bots::post_token))
        .service(web::resource("/bots/{id:\\d+}/delete").get(bots::get_delete).post(bots::post_delete))
        .service(web::resource("/bots/{id:\\d+}/scenarios").post(bots::post_attach))
        .service(web::resource("/bots/{id:\\d+}/scenarios/{scenario:\\d+}/detach").post(bots::post_detach))
        .service(web::resource("/bots/{id:\\d+}/subscribers").get(subscribers::get_subscribers))
        .service(web::resource("/bots/{id:\\d+}/subscribers/{lane:[^/]+}").get(subscribers::get_subscriber))
        .service(web::resource("/bots/{id:\\d+}/subscribers/{lane:[^/]+}/runs").get(runs::get_runs))
        .service(web::resource("/bots/{id:\\d+}/subscribers/{lane:[^/]+}/runs/{run:\\d+}").get(runs::get_run))
        .service(
            web::resource("/bots/{id:\\d+}/subscribers/{lane:[^/]+}/runs/{run:\\d+}/stop")
                .post(subscribers::post_stop),
        )
        .service(web::resource("/bots/{id:\\d+}/chat").get(chat::get_chat).post(chat::post_chat))
        .service(web::resource("/bots/{id:\\d+}/chat/messages").get(chat::get_messages))
        .service(web::resource("/bots/{id:\\d+}/chat/send").post(chat::post_send))
        .service(web::resource("/scenarios").get(scenarios::get_scenarios))
        .service(web::resource("/scenarios/new").get(scenarios::get_new).post(scenarios::post_new))
        .service(web::resource("/scenarios/import").get(scenarios::get_import).post(scenarios::post_import))
        .service(web::resource("/scenarios/{id:\\d+}").get(canvas::get_canvas))
        .service(web::resource("/scenarios/{id:\\d+}/test").get(canvas::get_test).post(canvas::post_test))
        .service(
            web::resource("/scenarios/{id:\\d+}/settings")
                .get(scenarios::get_settings)
                .post(scenarios::post_settings),
        )
        .service(web::resource("/scenarios/{id:\\d+}/export").get(scenarios::get_export))
        .service(
            web::resource("/scenarios/{id:\\d+}/delete")
                .get(scenarios::get_delete)
                .post(scenarios::post_delete),
        )
        .service(web::resource("/examples").get(examples::get_examples))
        .service(web::resource("/examples/{name}").post(examples::post_example))
        .service(web::resource("/lists").get(lists::get_lists))
        .service(web::resource("/lists/new").get(lists::get_new).post(lists::post_new))
        .service(web::resource("/lists/{id:\\d+}").get(rows::get_rows))
        .service(web::resource("/lists/{id:\\d+}/columns").get(lists::get_columns).post(lists::post_columns))
        .service(web::resource("/lists/{id:\\d+}/delete").get(lists::get_delete).post(lists::post_delete))
        .service(web::resource("/lists/{id:\\d+}/rows/new").get(rows::get_new).post(rows::post_new))
        .service(web::resource("/lists/{id:\\d+}/rows/{row:\\d+}").get(rows::get_row).post(rows::post_row))
        .service(
            web::resource("/lists/{id:\\d+}/rows/{row:\\d+}/delete")
                .get(rows::get_delete)
                .post(rows::post_delete),
        )
        .service(web::resource("/globals").get(globals::get_globals).post(globals::post_global))
        .service(web::resource("/globals/{name}/delete").get(globals::get_delete).post(globals::post_delete))
        .service(web::resource("/mini-apps").get(mini_apps::get_mini_apps))
        .service(web::resource("/mini-apps/new").get(mini_apps::get_new).post(mini_apps::post_new))
        .service(
            web::resource("/mini-apps/{id:\\d+}").get(mini_apps::get_mini_app).post(mini_apps::post_mini_app),
        )
        .service(
            web::resource("/mini-apps/{id:\\d+}/versions/{number:\\d+}")
                .get(mini_apps::get_version)
                .post(mini_apps::post_version),
        )
        .service(
            web::resource("/mini-apps/{id:\\d+}/delete")
                .get(mini_apps::get_delete)
                .post(mini_apps::post_delete),
        )
        .service(web::resource("/files").get(files::get_files).post(files::post_files))
        .service(web::resource("/files/{name}/content").get(files::get_content))
        .service(web::resource("/files/{name}/delete").get(files::get_delete).post(files::post_delete))
        .service(web::resource("/secrets").get(secrets::get_secrets).post(secrets::post_secret))
        .service(web::resource("/secrets/{name}/delete").get(secrets::get_delete).post(secrets::post_delete))
        .service(web::resource("/tokens").get(tokens::get_tokens).post(tokens::post_token))
        .service(web::resource("/tokens/{id:\\d+}/delete").get(tokens::get_delete).post(tokens::post_delete))
        .service(web::resource("/settings").get(settings::get_settings).post(settings::post_settings))
        .service(web::resource("/settings/password").post(settings::post_password));
}

/// The public listener: messengers, mini apps, webhooks. No cookie is read here, and no page of ours shown.
pub fn public(config: &mut ServiceConfig) {
    config.service(
        web::scope("")
            .app_data(web::PayloadConfig::new(BODY_BYTES))
            .wrap(from_fn(error::present))
            .wrap(from_fn(headers::public))
            .wrap(from_fn(request::identify))
            .configure(healthy)
            .route("/telegram/{bot:\\d+}/webhook", web::post().to(telegram::take_update))
            .route("/l/{code}", web::get().to(link::follow_link))
            .route("/app/{slug}", web::get().to(page::get_mini_app))
            .service(
                web::resource("/files/{slug}/{name}")
                    .wrap(from_fn(cors::open))
                    .get(file::get_file)
                    .route(web::head().to(file::get_file)),
            )
            .service(
                web::resource("/miniapp/callback")
                    .wrap(from_fn(cors::open))
                    .get(callback::call_mini_app)
                    .post(callback::call_mini_app),
            )
            .service(
                web::resource("/webhook/once/{secret}")
                    .wrap(from_fn(cors::open))
                    .get(once::call_address)
                    .post(once::call_address)
                    .put(once::call_address),
            )
            .service(
                web::resource("/webhook/{secret}")
                    .wrap(from_fn(cors::open))
                    .get(webhook::call_webhook)
                    .post(webhook::call_webhook),
            )
            .service(web::resource("/replies/{address}").wrap(from_fn(cors::open)).get(reply::get_reply))
            .default_service(web::to(nothing_here)),
    );
}

fn healthy(config: &mut ServiceConfig) {
    config
        .route("/healthz", web::get().to(health::get_health))
        .route("/readyz", web::get().to(health::get_readiness));
}

async fn nothing_here() -> Result<&'static str, ApiError> {
    Err(ApiError::not_found())
}
